// The one place the app takes API shapes from: the generated ones under the names the pages use.
import type { Candles, Fill, Order, RiskSettingsOut, RiskSettingsPatch, SessionOut, WalletOut } from './api.gen'

export type {
  AccessTokenOut as Session,
  AccountOut as Account,
  ActivityChoice,
  AutoTradeEnable,
  BreakerEvent,
  BreakerStatus,
  Causes,
  Channel,
  ChannelState,
  Compared,
  Decision,
  DecisionDetail,
  Endpoints,
  EntryAnswer,
  EntryCheck,
  Environment,
  EnvironmentRisk,
  Equity,
  EventCategory,
  EventChoice,
  EventLevel,
  ExcursionDistribution,
  Execution,
  ExecutionSettingsOut as ExecutionSettings,
  ExecutionSettingsPatch as ExecutionSettingsChanges,
  ExecutionStats,
  ExportOut as Export,
  ExportRequest,
  Figure,
  FoundUser,
  Funding,
  KillSwitchPreview,
  KillSwitchReceipt,
  KillSwitchRun,
  LimitUse,
  ManualTrade,
  Market,
  Notification,
  NotificationSettings,
  NotificationSettingsPatch,
  OperatorCase,
  OperatorChoice,
  PendingChange,
  Portfolio,
  Position,
  PositionDetail,
  ProfileOut as Profile,
  ReportOut as Report,
  ReportRequest,
  ReportScheduleOut as ReportSchedule,
  RiskMetrics,
  SavedViewOut as SavedView,
  ScopedRiskSettingsOut as ScopedLimits,
  ScreenshotOut as Screenshot,
  SettingsPreview,
  Signal,
  SignUp,
  SizingMethod,
  SlippageFigures,
  StopMove,
  SystemHealth,
  Tail,
  TelegramLink,
  Timeframe,
  Trade,
  TradeDetail,
  TradeEvent,
  TradingScheduleOut as TradingSchedule,
  TradingSchedulePatch as TradingScheduleChanges,
  TradingState,
  Trip,
  Unread,
  WalletCreate,
} from './api.gen'

/** A decimal number in text, exactly as the server computed it. */
export type Decimal = string

export type Candle = Candles['items'][number]
export type FillRow = Fill
export type OrderRow = Order
export type RiskSettings = RiskSettingsOut
export type RiskChanges = RiskSettingsPatch
export type SignInSession = SessionOut
export type Wallet = WalletOut

/** Rows by keyset; `next_cursor` is null on the last page. */
export interface Page<Item> {
  readonly items: ReadonlyArray<Item>
  readonly next_cursor: string | null
}
