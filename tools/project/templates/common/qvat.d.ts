// What a program sees in a vat, for editors and type checkers. Nothing else is
// there: no clock, no chance, no timers, no network, no Node.js and no browser.
// What is handed over is frozen, as deep as it goes.

// ECMAScript without WeakRef, SharedArrayBuffer and Atomics. (Intl, of which ES5
// has a part, is not there either.)
/// <reference lib="es2015" />
/// <reference lib="es2016.array.include" />
/// <reference lib="es2017.arraybuffer" />
/// <reference lib="es2017.object" />
/// <reference lib="es2017.string" />
/// <reference lib="es2017.typedarrays" />
/// <reference lib="es2018.asyncgenerator" />
/// <reference lib="es2018.asynciterable" />
/// <reference lib="es2018.promise" />
/// <reference lib="es2018.regexp" />
/// <reference lib="es2019.array" />
/// <reference lib="es2019.object" />
/// <reference lib="es2019.string" />
/// <reference lib="es2019.symbol" />
/// <reference lib="es2020.bigint" />
/// <reference lib="es2020.promise" />
/// <reference lib="es2020.string" />
/// <reference lib="es2020.symbol.wellknown" />
/// <reference lib="es2021.promise" />
/// <reference lib="es2021.string" />
/// <reference lib="es2022.array" />
/// <reference lib="es2022.error" />
/// <reference lib="es2022.object" />
/// <reference lib="es2022.regexp" />
/// <reference lib="es2022.string" />
/// <reference lib="es2023.array" />
/// <reference lib="es2024.collection" />
/// <reference lib="es2024.object" />
/// <reference lib="es2024.promise" />
/// <reference lib="es2024.string" />
/// <reference lib="esnext.collection" />
/// <reference lib="esnext.iterator" />

declare namespace Qvat {
  /** The main of a program: `exports.main = …`, or `export const main = …`. */
  type Main<Power = any, Input = any, Result = any> = (argument: Argument<Power, Input>) => Result | Promise<Result>

  /** What main is called with. */
  interface Argument<Power = any, Input = any> {
    /** What the program before this one hands on; for the first, what root-power.js exports. */
    readonly power: Power
    /** The program after this one; undefined for the last. */
    readonly next: Next | undefined
    /** The message's input, for the last program; undefined for the others. */
    readonly input: Input
  }

  /** The program that comes next in the chain. */
  interface Next {
    /** Its hash, 64 hex digits. */
    readonly hash: string
    /** Whether its link is signed by this key (64 hex digits), in either way. */
    signedBy(key: string): boolean
    /** Whether it is signed by this key for this vat, and for exactly this place in the chain. */
    boundBy(key: string): boolean
    /**
     * Evaluates it: `await next.load()(power)` calls its main with the power that you hand on. Each
     * load is a fresh one. What it throws, the promise is rejected with.
     */
    load<Power = any, Result = any>(): (power: Power) => Promise<Result>
  }

  /** One link of a chain that a test sends. */
  interface Link {
    /** The program's file, from the project's folder: './main.js'. */
    program: string
    /** Who signs it: 'root' for the vat's owner, or names of your choice. */
    by?: string | readonly string[]
    /** Whether the signatures are bound to this vat and place. */
    bound?: boolean
    /** Values for identifiers that the program does not declare, before those of package.json. */
    define?: Readonly<Record<string, unknown>>
  }

  /** A test: `exports['adds one'] = async t => …`. Each runs with a vat of its own. */
  type Test = (t: Trial) => void | Promise<void>

  /** What a test is called with. */
  interface Trial {
    /** The vat's root key, 64 hex digits: that of 'root'. */
    readonly root: string
    /** The public key of a name, 64 hex digits, always the same. */
    key(name: string): string
    /**
     * Sends a message, and gives its result. What fails is an Error with `code` (docs/ERRORS.md), and
     * where it is known, the place in your files: `program`, `line`, `column`.
     */
    send(links: readonly Link[], input?: unknown): Promise<any>
    /** Such a chain in base64, for `then` of qvat:http; its programs are in the vat from here on. */
    chain(links: readonly Link[]): Promise<string>
    /** Fails unless both are the same data, however deep; note says what they are. */
    equal(actual: unknown, expected: unknown, note?: string): void
    /** Fails unless value is true, or something. */
    ok(value: unknown, note?: string): asserts value
    /** Fails unless this fails so, and gives the error. A message may be a part of it, or a RegExp. */
    throws(what: Promise<unknown> | (() => unknown), expected?: { code?: string; message?: string | RegExp }): Promise<any>
    /** What was written to qvat:log, of messages that failed too. */
    log(): { level: 'info' | 'warn' | 'error'; message: string; fields?: any }[]
    /** The rows of a table of qvat:store, in the order of their keys. */
    rows(table: string): [key: string, value: any][]
    /** The fuel that the last message burnt. */
    readonly fuel: number
    /** The vat's clock, in milliseconds since 1970. It stands still but for `advance`. */
    readonly now: number
    /** Moves the vat's clock on. */
    advance(milliseconds: number): void
    /** What requests over qvat:http get as their answers from here on, in turn; the last stays. First it is 200, and empty. */
    answer(...answers: { status?: number; headers?: Record<string, string>; body?: string }[]): void
    /** Sends what was staged, delivers the answers, and gives the requests that have left the vat since it was last asked. */
    requests(): Promise<{ id: string; method: string; url: string; headers: Record<string, string>; body: string }[]>
  }
}

/** Freezes a value as deep as it goes, and gives it. */
declare function harden<T>(value: T): T

declare var module: { exports: any }
declare var exports: any
/** In what you write, a module's name; in a vat, a program's hash. */
declare function require(name: string): any

/** Writes to the vat's log, under this program's hash. */
declare const console: {
  debug(...values: unknown[]): void
  log(...values: unknown[]): void
  info(...values: unknown[]): void
  warn(...values: unknown[]): void
  error(...values: unknown[]): void
}

declare class TextEncoder {
  readonly encoding: 'utf-8'
  encode(text?: string): Uint8Array<ArrayBuffer>
}

/** For UTF-8, and not in pieces. */
declare class TextDecoder {
  constructor(label?: 'utf-8' | 'utf8', options?: { fatal?: boolean; ignoreBOM?: boolean })
  readonly encoding: 'utf-8'
  readonly fatal: boolean
  readonly ignoreBOM: boolean
  decode(bytes?: ArrayBuffer | ArrayBufferView): string
}

// What root-power.js, and nothing else, may require. docs/POWERS.md tells all
// about them.

/** Rows in tables, in the message's transaction. */
declare module 'qvat:store' {
  /** Keys have 1 to 1,024 bytes, values at most 1 MiB of JSON. */
  export interface Table<Value = any> {
    get(key: string): Value | undefined
    has(key: string): boolean
    set(key: string, value: Value): void
    /** Whether there was such a row. */
    delete(key: string): boolean
    /** Those that begin with prefix and come after a key, in the order of the keys; 10,000 at most. */
    entries(query?: { prefix?: string; after?: string; limit?: number }): [key: string, value: Value][]
    count(): number
  }
  export function table<Value = any>(name: string): Table<Value>
  /** One SQL statement over the same database, whose rows are in the table rows (tbl, key, value). */
  export function sql<Row = Record<string, string | number | null>>(
    text: string,
    ...params: (string | number | boolean | null)[]
  ): Row[]
}

/** Lines in the vat's log. They are kept when the message fails, too. */
declare module 'qvat:log' {
  export function info(message: string, fields?: object): void
  export function warn(message: string, fields?: object): void
  export function error(message: string, fields?: object): void
}

/** What is known of the message that runs. */
declare module 'qvat:message' {
  /** The hash of its chain and input, 64 hex digits. */
  export const id: string
  /** For each link, the keys whose signatures are valid. */
  export const signers: string[][]
  /** When it arrived, in milliseconds since 1970. */
  export const arrived: number
}

/** The time. */
declare module 'qvat:clock' {
  /** Milliseconds since 1970; it never goes back within a message. */
  export function now(): number
}

/** Chance that nobody can foresee. */
declare module 'qvat:random' {
  /** Numbers from 0 to 255; n is 1 to 4,096. */
  export function bytes(n: number): number[]
  /** n bytes as 2n hex digits. */
  export function hex(n: number): string
  export function uint32(): number
  export function uuid(): string
}

/** One directory. Paths are names joined by `/`; one call reads or writes 512 KiB at most. */
declare module 'qvat:files' {
  type Kind = 'file' | 'directory' | 'other'
  export function read(path: string): string
  /** As base64. */
  export function readBytes(path: string): string
  export function list(path?: string): { name: string; kind: Kind; size?: number }[]
  export function stat(path: string): { kind: Kind; size?: number } | undefined
  export function write(path: string, text: string): void
  export function writeBytes(path: string, base64: string): void
  export function append(path: string, text: string): void
  export function mkdir(path: string): void
  /** Whether there was something. */
  export function remove(path: string): boolean
}

/** The agents of the vat, and their mail, in the message's transaction. */
declare module 'qvat:mail' {
  export interface Info { name: string; host: boolean; of?: string; key: string; handle: string; unread: number; wakes?: string }
  export interface Sent { id: string; number: number }
  export interface Message {
    number: number
    id: string
    type: 'package' | 'request' | 'reply' | 'value' | 'receipt'
    /** Identifiers of handles. */
    from: string
    to: string
    /** In milliseconds since 1970. */
    date: number
    arrived: number
    state: 'new' | 'sent' | 'queued' | 'resolved' | 'rejected' | 'dismissed'
    /** Text around the edges: one more than these. */
    strings: string[]
    edges: string[]
    /** What the edges carry, and its types. */
    ids: string[]
    types: string[]
    replyTo?: string
    what?: string
    why?: string
    thread: string
  }
  export interface Thing { id: string; type: string; value?: any; state?: 'new' | 'resolved' | 'rejected'; to?: string; why?: string }
  /** All that one agent may do. A name is a path of pet names, a special name, an identifier or a locator. */
  export interface Agent {
    info(): Info
    makeHost(name: string): Info
    makeGuest(name: string): Info
    send(to: string, strings: string | string[], edges?: string[], names?: string[]): Sent
    request(to: string, what: string, name?: string): Sent
    resolve(number: number, name: string): void
    reject(number: number, why?: string): void
    reply(number: number, strings: string | string[], edges?: string[], names?: string[]): Sent
    dismiss(number: number): void
    adopt(number: number, edge: string, name?: string): void
    /** Ascending by number; 100 unless limit says otherwise, 1,000 at most. */
    messages(query?: {
      after?: number; before?: number; limit?: number; newest?: boolean; state?: Message['state']; thread?: string
    }): Message[]
    message(number: number): Message
    list(path?: string): { name: string; id: string; type: string; like?: string }[]
    lookup(name: string): Thing
    /** What a name leads to, as a function to be called or handed on; only in a call of a published chain. */
    thing(name: string): (data?: any) => Promise<any>
    locate(name: string): string
    identify(name: string): string
    names(id: string): string[]
    move(from: string, to: string): void
    copy(from: string, to: string): void
    remove(name: string): void
    mkdir(name: string): void
    store(name: string, value: any): string
    /** The base64 of a capsule. */
    publish(name: string, capsule: string): string
    /** Has a published chain run on each delivery; "" for none. */
    wake(name: string, fuel?: number): void
    invite(name: string, milliseconds?: number): string
    accept(locator: string, name: string): void
    cancel(id: string): void
    log(query?: { after?: number; before?: number; limit?: number }): { number: number; at: number; action: string; detail?: any; error?: string }[]
  }
  /** At no cost: the name is the owner's, or the identifier of the agent's handle. */
  export function agent(name: string): Agent
}

/** Requests to the origins that the vat grants. */
declare module 'qvat:http' {
  export interface Request {
    url: string
    method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    headers?: Record<string, string>
    body?: string
    bodyBase64?: string
  }
  export interface Answer {
    status: number
    /** Names in lower case. */
    headers: Record<string, string>
    body?: string
    /** In the place of body, where the answer is not UTF-8. */
    bodyBase64?: string
  }
  /** The input of the chain that an answer is for. Look the id up before you believe it. */
  export type Answered = ({ request: string; error?: undefined } & Answer) | { request: string; error: string }
  /** Stages a request, which leaves after the commit, and gives its id. `then` is a chain in base64. */
  export function send(request: Request & { then?: string }): string
  /** Sends a request at once, where the vat allows it. */
  export function fetch(request: Request): Promise<Answer>
}
