// The one place the app takes API shapes from.
export type * from './contract'
