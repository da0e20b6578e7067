// package.json says whose key this is, 64 hex digits.
declare const SENDER: string
