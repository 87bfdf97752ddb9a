"""A venue that refuses an account's key while positions may be open: its owner is told, nobody else can help."""

from app.core.clock import utc_now
from app.domain.notification_events import NotificationEvent
from app.domain.venue import AccountBalance, KeyRefusedError
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.ports import ExchangeGateway
from app.services.trading.desk import Desk


async def balance_or_tell(desk: Desk, account: TradingAccount, gateway: ExchangeGateway) -> AccountBalance:
    """The account's balance; where its key is refused, its owner is told once a day, and the error goes on."""
    try:
        return await gateway.balance()
    except KeyRefusedError as error:
        async with desk.database.tenant(account.user_id) as session:
            await _tell(TradingTransaction(session, account.user_id), account, str(error))
        raise


async def _tell(transaction: TradingTransaction, account: TradingAccount, why: str) -> None:
    name = await transaction.accounts.name(account.user_id, account.wallet_id)
    live = await transaction.trades.live_of_wallet(account.user_id, account.wallet_id, None)
    await transaction.notifications.emit(
        account.user_id,
        NotificationEvent.KEY_REFUSED,
        dedupe_key=f"{account.wallet_id}:{utc_now().date().isoformat()}",
        figures={
            "wallet": name or str(account.wallet_id),
            "venue": account.venue,
            "why": why,
            "positions": str(len(live)),
        },
        subject=str(account.wallet_id),
        wallet_id=account.wallet_id,
    )
