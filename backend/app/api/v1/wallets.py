"""Wallets of the asking user."""

from http import HTTPStatus
from uuid import UUID

import msgspec
from fastapi import APIRouter, Response

from app.api.deps import CurrentUser, Parts, Tenant
from app.api.desk import Cursor, PageLimit, SettingName, answer
from app.api.etags import MatchedVersion, set_etag
from app.api.idempotency import Once
from app.schemas.execution_settings import ExecutionSettingsOut, ExecutionSettingsPatch
from app.schemas.risk import WalletRiskSettingsOut, WalletRiskSettingsPatch
from app.schemas.wallet import (
    AutoTradeEnable,
    Deposit,
    TransferPage,
    WalletCreate,
    WalletOut,
    WalletRename,
    WalletsOut,
    Withdrawal,
)
from app.services.execution_settings import ExecutionSettingsView
from app.services.trading.risk_settings import HeldSettings
from app.services.trading.settings_views import held_view
from app.services.wallet_opening import NewWallet
from app.services.wallet_views import WalletView
from app.services.wallets import AutoTradeWishes

router = APIRouter(prefix="/wallets", tags=["wallets"])

LISTS = frozenset({"strategies", "symbols", "timeframes"})


@router.get("", response_model=WalletsOut)
async def list_wallets(parts: Parts, tenant: Tenant) -> Response:
    """Every wallet, archived ones last."""
    return answer({"items": await parts.wallets(tenant.session, tenant.prove).list_all(tenant.user_id)})


@router.post("", response_model=WalletOut, status_code=HTTPStatus.CREATED)
async def create_wallet(body: WalletCreate, parts: Parts, user: CurrentUser, once: Once) -> Response:
    """Open a wallet. Nothing of it is seen before it is whole; a try that was cut off is repeated with the
    same Idempotency-Key."""
    if body.api_key is not None or body.api_secret is not None:
        parts.proving(user)()
    wanted = NewWallet(
        body.name, body.venue, body.environment, body.api_key, body.api_secret, body.initial_deposit
    )

    async def open_wallet() -> WalletOut:
        return _model(await parts.opening.open(once.user_id, wanted, once.reference))

    return await once.answer(HTTPStatus.CREATED, open_wallet)


@router.get("/{wallet_id}", response_model=WalletOut)
async def read_wallet(wallet_id: UUID, parts: Parts, tenant: Tenant) -> Response:
    """One wallet."""
    return answer(await parts.wallets(tenant.session, tenant.prove).one(tenant.user_id, wallet_id))


@router.patch("/{wallet_id}", response_model=WalletOut)
async def rename_wallet(wallet_id: UUID, body: WalletRename, parts: Parts, tenant: Tenant) -> Response:
    """Give a wallet another name."""
    return answer(
        await parts.wallets(tenant.session, tenant.prove).rename(tenant.user_id, wallet_id, body.name)
    )


@router.post("/{wallet_id}/archive", response_model=WalletOut)
async def archive_wallet(wallet_id: UUID, parts: Parts, tenant: Tenant) -> Response:
    """Put a wallet away; refused while one of its positions is open."""
    return answer(await parts.wallets(tenant.session, tenant.prove).archive(tenant.user_id, wallet_id))


@router.post("/{wallet_id}/deposit", response_model=WalletOut)
async def deposit_into_wallet(wallet_id: UUID, body: Deposit, parts: Parts, once: Once) -> Response:
    """Pay play money into a paper wallet."""

    async def deposit() -> WalletOut:
        return _model(await parts.opening.deposit(once.user_id, wallet_id, body.amount, once.reference))

    return await once.answer(HTTPStatus.OK, deposit)


@router.post("/{wallet_id}/withdraw", response_model=WalletOut)
async def withdraw_from_wallet(wallet_id: UUID, body: Withdrawal, parts: Parts, once: Once) -> Response:
    """Take play money out of a paper wallet; what positions and orders hold as margin stays."""

    async def withdraw() -> WalletOut:
        return _model(await parts.opening.withdraw(once.user_id, wallet_id, body.amount, once.reference))

    return await once.answer(HTTPStatus.OK, withdraw)


@router.get("/{wallet_id}/transfers", response_model=TransferPage)
async def list_wallet_transfers(
    wallet_id: UUID, parts: Parts, tenant: Tenant, limit: PageLimit = 50, cursor: Cursor = None
) -> Response:
    """Deposits and withdrawals, newest first, as the venue booked them. They are no profit and no loss."""
    await parts.wallets(tenant.session, tenant.prove).one(tenant.user_id, wallet_id)
    transfers = parts.wallet_transfers(tenant.session)
    return answer(await transfers.page(tenant.user_id, wallet_id, limit=limit, cursor=cursor))


@router.post("/{wallet_id}/auto-trade/enable", response_model=WalletOut)
async def enable_auto_trade(wallet_id: UUID, body: AutoTradeEnable, parts: Parts, tenant: Tenant) -> Response:
    """Let the wallet trade signals by itself, always through the risk gate."""
    overrides = {name: getattr(body, name) for name in body.model_fields_set - LISTS}
    wishes = AutoTradeWishes(body.strategies, body.symbols, body.timeframes, overrides)
    return answer(
        await parts.wallets(tenant.session, tenant.prove).enable_auto_trade(tenant.user_id, wallet_id, wishes)
    )


@router.post("/{wallet_id}/auto-trade/disable", response_model=WalletOut)
async def disable_auto_trade(wallet_id: UUID, parts: Parts, tenant: Tenant) -> Response:
    """Let the wallet open nothing more; what is open goes on being protected and left."""
    return answer(
        await parts.wallets(tenant.session, tenant.prove).disable_auto_trade(tenant.user_id, wallet_id)
    )


@router.get("/{wallet_id}/risk-settings")
async def read_wallet_risk_settings(
    wallet_id: UUID, parts: Parts, tenant: Tenant, response: Response
) -> WalletRiskSettingsOut:
    """The wallet's own opinions."""
    await parts.wallets(tenant.session, tenant.prove).one(tenant.user_id, wallet_id)
    settings = await parts.risk_settings(tenant.session, tenant.prove).read_wallet(tenant.user_id, wallet_id)
    return _settings(settings, response)


@router.patch("/{wallet_id}/risk-settings")
async def change_wallet_risk_settings(
    wallet_id: UUID,
    body: WalletRiskSettingsPatch,
    parts: Parts,
    tenant: Tenant,
    response: Response,
    version: MatchedVersion,
) -> WalletRiskSettingsOut:
    """Change the wallet's own opinions. What tightens acts at once; what loosens waits until the next day."""
    await parts.wallets(tenant.session, tenant.prove).one(tenant.user_id, wallet_id)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    desk = parts.risk_settings(tenant.session, tenant.prove)
    return _settings(await desk.change_wallet(tenant.user_id, wallet_id, changes, version), response)


@router.delete("/{wallet_id}/risk-settings/pending/{setting}")
async def cancel_pending_wallet_risk_setting(
    wallet_id: UUID, setting: SettingName, parts: Parts, tenant: Tenant, response: Response
) -> WalletRiskSettingsOut:
    """Give up a loosening of the wallet's own limits that waits."""
    await parts.wallets(tenant.session, tenant.prove).one(tenant.user_id, wallet_id)
    desk = parts.risk_settings(tenant.session, tenant.prove)
    return _settings(await desk.cancel_wallet(tenant.user_id, wallet_id, setting), response)


@router.get("/{wallet_id}/execution-settings")
async def read_wallet_execution_settings(
    wallet_id: UUID, parts: Parts, tenant: Tenant, response: Response
) -> ExecutionSettingsOut:
    """How the wallet's entries are carried out."""
    await parts.wallets(tenant.session, tenant.prove).one(tenant.user_id, wallet_id)
    view = await parts.execution_settings(tenant.session, tenant.prove).read(tenant.user_id, wallet_id)
    return _execution_settings(view, response)


@router.patch("/{wallet_id}/execution-settings")
async def change_wallet_execution_settings(
    wallet_id: UUID,
    body: ExecutionSettingsPatch,
    parts: Parts,
    tenant: Tenant,
    response: Response,
    version: MatchedVersion,
) -> ExecutionSettingsOut:
    """Change how the wallet's entries are carried out, from the next one on."""
    await parts.wallets(tenant.session, tenant.prove).one(tenant.user_id, wallet_id)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    desk = parts.execution_settings(tenant.session, tenant.prove)
    return _execution_settings(await desk.change(tenant.user_id, wallet_id, changes, version), response)


def _execution_settings(view: ExecutionSettingsView, response: Response) -> ExecutionSettingsOut:
    set_etag(response, view.version)
    return ExecutionSettingsOut.model_validate(msgspec.to_builtins(view))


def _settings(held: HeldSettings, response: Response) -> WalletRiskSettingsOut:
    set_etag(response, held.row.version)
    return WalletRiskSettingsOut.model_validate(held_view(held, WalletRiskSettingsOut.model_fields))


def _model(view: WalletView) -> WalletOut:
    return WalletOut.model_validate(msgspec.to_builtins(view))
