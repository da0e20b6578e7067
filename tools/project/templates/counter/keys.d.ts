// package.json says what these are: public keys, 64 hex digits each.
declare const WRITER: string
declare const READER: string
