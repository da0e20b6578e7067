// package.json says what these are.
declare const SPENDER: string // a public key, 64 hex digits
declare const DAILY: number // what it may spend in a day
