"""The venue's refusals: its numeric codes, its words and the HTTP status they travel with."""

from __future__ import annotations

from enum import Enum


class Refusal(Enum):
    """(code, message, http status); `{}` in a message is filled with the figures of the case."""

    INTERNAL = (-1000, "An unknown error occurred while processing the request.", 500)
    TOO_MANY_REQUESTS = (
        -1003,
        "Too many requests; current limit of IP({}) is {} requests per minute. "
        "Please use the websocket for live updates to avoid polling the API.",
        429,
    )
    BANNED = (-1003, "Way too many requests; IP({}) banned until {}.", 418)
    TIMEOUT = (
        -1007,
        "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
        408,
    )
    OVERLOADED = (
        -1008,
        "Server is currently overloaded with other requests. Please try again in a few minutes.",
        503,
    )
    TOO_MANY_ORDERS = (-1015, "Too many new orders; current limit is {} orders per {}.", 429)
    SHUTTING_DOWN = (-1016, "This service is no longer available.", 503)
    TIMESTAMP_AHEAD = (-1021, "Timestamp for this request was 1000ms ahead of the server's time.", 400)
    TIMESTAMP_BEHIND = (-1021, "Timestamp for this request is outside of the recvWindow.", 400)
    BAD_SIGNATURE = (-1022, "Signature for this request is not valid.", 400)
    START_AFTER_END = (-1023, "Start time is greater than end time.", 400)
    ILLEGAL_PARAMETER = (-1100, "Illegal characters found in parameter '{}'.", 400)
    MANDATORY = (-1102, "Mandatory parameter '{}' was not sent, was empty/null, or malformed.", 400)
    NEITHER_ID = (
        -1102,
        "Either 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
        400,
    )
    NEITHER_LIST = (
        -1102,
        "Either 'orderIdList' or 'origClientOrderIdList' must be sent, but both were empty/null!",
        400,
    )
    NOT_REQUIRED = (-1106, "Parameter '{}' sent when not required.", 400)
    PRECISION = (-1111, "Precision is over the maximum defined for this asset.", 400)
    BAD_TIME_IN_FORCE = (-1115, "Invalid timeInForce.", 400)
    BAD_ORDER_TYPE = (-1116, "Invalid orderType.", 400)
    BAD_SIDE = (-1117, "Invalid side.", 400)
    BAD_INTERVAL = (-1120, "Invalid interval.", 400)
    BAD_SYMBOL = (-1121, "Invalid symbol.", 400)
    BAD_LISTEN_KEY = (-1125, "This listenKey does not exist.", 400)
    BAD_COMBINATION = (-1128, "Combination of optional parameters invalid.", 400)
    MALFORMED = (-1130, "Data sent for parameter '{}' is not valid.", 400)
    BODY_TOO_LARGE = (-1136, "The request body is larger than {} bytes.", 413)
    BAD_JSON = (-1135, "Invalid JSON Request", 400)
    BAD_RESPONSE_TYPE = (-1136, "Invalid newOrderRespType.", 400)
    BAD_CALLBACK = (-2007, "Invalid callBack rate.", 400)
    UNKNOWN_ORDER = (-2011, "Unknown order sent.", 400)
    NO_SUCH_ORDER = (-2013, "Order does not exist.", 400)
    BAD_KEY_FORMAT = (-2014, "API-key format invalid.", 401)
    BAD_KEY = (-2015, "Invalid API-key, IP, or permissions for action", 401)
    MARGIN_INSUFFICIENT = (-2019, "Margin is insufficient.", 400)
    WOULD_TRIGGER = (-2021, "Order would immediately trigger.", 400)
    REDUCE_ONLY_REJECTED = (-2022, "ReduceOnly Order is rejected.", 400)
    MAX_OPEN_ORDERS = (-2025, "Reach max open order limit.", 400)
    MAX_POSITION_AT_LEVERAGE = (
        -2027,
        "Exceeded the maximum allowable position at current leverage.",
        400,
    )
    LEVERAGE_TOO_SMALL = (
        -2028,
        "Leverage is smaller than permitted: insufficient margin balance.",
        400,
    )
    PRICE_NOT_POSITIVE = (-4001, "Price less than 0.", 400)
    PRICE_TOO_LARGE = (-4002, "Price greater than max price.", 400)
    QUANTITY_NOT_POSITIVE = (-4003, "Quantity less than or equal to zero.", 400)
    QUANTITY_TOO_LARGE = (-4005, "Quantity greater than max quantity.", 400)
    TRIGGER_NOT_POSITIVE = (-4006, "Stop price less than zero.", 400)
    TRIGGER_TOO_LARGE = (-4007, "Stop price greater than max price.", 400)
    PRICE_OFF_TICK = (-4014, "Price not increased by tick size.", 400)
    BAD_CLIENT_ID = (-4015, "Client order id is not valid.", 400)
    PRICE_TOO_HIGH = (-4016, "Limit price can't be higher than {}.", 400)
    PRICE_TOO_LOW = (-4024, "Limit price can't be lower than {}.", 400)
    BAD_LEVERAGE = (-4028, "Leverage {} is not valid", 400)
    MAX_CONDITIONALS = (-4045, "Reach max stop order limit.", 400)
    MARGIN_TYPE_UNCHANGED = (-4046, "No need to change margin type.", 400)
    MARGIN_TYPE_OPEN_ORDERS = (
        -4047,
        "Margin type cannot be changed if there exists open orders.",
        400,
    )
    MARGIN_TYPE_POSITION = (-4048, "Margin type cannot be changed if there exists position.", 400)
    NOT_ISOLATED = (-4049, "Add margin only support for isolated position.", 400)
    CROSS_INSUFFICIENT = (-4050, "Cross balance insufficient.", 400)
    ISOLATED_INSUFFICIENT = (-4051, "Isolated balance insufficient.", 400)
    NO_POSITION_TO_FUND = (-4054, "Cannot add position margin: position is 0.", 400)
    AMOUNT_NOT_POSITIVE = (-4055, "Amount must be positive.", 400)
    POSITION_SIDE_UNCHANGED = (-4059, "No need to change position side.", 400)
    BAD_POSITION_SIDE = (-4060, "Invalid position side.", 400)
    POSITION_SIDE_MISMATCH = (-4061, "Order's position side does not match user's setting.", 400)
    POSITION_SIDE_OPEN_ORDERS = (
        -4067,
        "Position side cannot be changed if there exists open orders.",
        400,
    )
    POSITION_SIDE_POSITION = (-4068, "Position side cannot be changed if there exists position.", 400)
    BAD_BATCH_SIZE = (-4082, "Invalid number of batch place orders.", 400)
    NOT_OFFERED = (-4084, "Method is not allowed currently. Upcoming soon.", 400)
    DUPLICATE_CLIENT_ID = (-4116, "ClientOrderId is duplicated.", 400)
    CONDITIONAL_ELSEWHERE = (
        -4120,
        "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
        400,
    )
    CLOSING_STOP_EXISTS = (
        -4130,
        "An open stop or take profit order with GTE and closePosition in the direction is existing.",
        400,
    )
    BEST_PRICE_OUTSIDE_BAND = (
        -4131,
        "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
        400,
    )
    CLOSE_NEEDS_MARKET_STOP = (
        -4136,
        "Target strategy invalid for orderType {},closePosition true",
        400,
    )
    QUANTITY_WITH_CLOSE = (-4137, "Quantity must be zero with closePosition equals true", 400)
    CLOSE_NOT_REDUCING = (-4138, "Reduce only must be true with closePosition equals true", 400)
    LEVERAGE_ISOLATED = (
        -4161,
        "Leverage reduction is not supported in Isolated Margin Mode with open positions",
        400,
    )
    STALE_FEED = (
        -4140,
        "Invalid symbol status for opening position: {} has had no price for more than {} seconds.",
        400,
    )
    NOTIONAL_TOO_SMALL = (
        -4164,
        "Order's notional must be no smaller than {} (unless you choose reduce only).",
        400,
    )
    INTERVAL_TOO_LONG = (-4165, "Invalid time interval, maximum time interval is {} days.", 400)
    ASSET_MODE_UNCHANGED = (
        -4171,
        "Adjusted asset mode is currently set and does not need to be adjusted repeatedly",
        400,
    )
    ABOVE_TRIGGER_BAND = (-4183, "Limit price can't be higher than {}.", 400)
    BELOW_TRIGGER_BAND = (-4184, "Limit price can't be lower than {}.", 400)
    NO_SUCH_PATH = (-5000, "Path {}, Method {} is invalid", 404)
    FOK_NOT_FILLABLE = (
        -5021,
        "Due to the order could not be filled immediately, the FOK order has been rejected.",
        400,
    )
    POST_ONLY_WOULD_TAKE = (
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected.",
        400,
    )
    LIMIT_ORDERS_ONLY = (-5025, "Only limit order is supported.", 400)
    TOO_MANY_AMENDMENTS = (-5026, "Exceed maximum modify order limit.", 400)
    NOTHING_TO_AMEND = (-5027, "No need to modify the order.", 400)
    BAD_PRICE_MATCH = (-5037, "Invalid price match", 400)
    PRICE_MATCH_NEEDS_LIMIT = (
        -5038,
        "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT",
        400,
    )
    BAD_SELF_TRADE_PREVENTION = (-5039, "Invalid self trade prevention mode", 400)
    BAD_GOOD_TILL_DATE = (
        -5040,
        "The goodTillDate timestamp must be greater than the current time plus 600 seconds "
        "and smaller than 253402300799000",
        400,
    )
    NO_DEPTH_TO_MATCH = (-5041, "No depth matches this BBO order", 400)
    NOT_A_REDUCTION = (-5047, "The original order is not a reduce-only order.", 400)
    # The simulator's own, outside the venue's ranges.
    ADMIN_TOKEN = (-9001, "The X-Sim-Token header is missing or wrong.", 401)
    NO_SUCH_ACCOUNT = (-9002, "There is no account '{}'.", 404)
    BAD_AMOUNT = (-9003, "Amount '{}' is not a decimal number above zero.", 400)
    BAD_FIELD = (-9004, "Field '{}' is missing or malformed.", 400)
    LIVE_IS_NOT_OURS = (-9006, "A followed market cannot be paused, stepped or given a speed.", 409)
    REFERENCE_REUSED = (-9005, "Reference '{}' was used for another account or amount.", 409)

    def __init__(self, code: int, text: str, http_status: int) -> None:
        self.code = code
        self.text = text
        self.http_status = http_status


class VenueError(Exception):
    """A request the venue turns down; carries the code and sentence its clients will read.

    `retry_ms` is how long to wait before asking again, where the venue says so.
    """

    def __init__(self, refusal: Refusal, *figures: object, retry_ms: int | None = None) -> None:
        self.refusal = refusal
        self.retry_ms = retry_ms
        self.message = refusal.text.format(*figures)
        super().__init__(f"{refusal.code}: {self.message}")
