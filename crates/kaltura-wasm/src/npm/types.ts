/** A parameter of a call. `undefined` members of objects are not sent. */
export type KalturaValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly KalturaValue[]
  | { readonly [name: string]: KalturaValue | undefined };

/** The parameters of a call. */
export type KalturaParameters = { readonly [name: string]: KalturaValue | undefined };

/** A number of seconds, or a text such as `"90s"`, `"1h30m"` or `"7d"`. */
export type KalturaDuration = number | string;

/** What a login needs. An unknown or misspelt option is an error. */
export interface LoginOptions {
  /** The server, such as `https://www.kaltura.com`. Plain http is accepted for loopback only. */
  serviceUrl: string;
  /** Accepts plain http to any host: token hash and session are then sent unencrypted. */
  allowPlainHttp?: boolean;
  /** The account that the app token belongs to. */
  partnerId: number;
  /** The app token. Its value is hashed here and never sent. */
  appToken: {
    id: string;
    token: string;
    /** As the token was created; a token that was created without one has `SHA1`. */
    hashType: 'MD5' | 'SHA1' | 'SHA256' | 'SHA512';
  };
  /** The user of the session. The server ignores it if the token has a fixed user. */
  userId?: string;
  /** The type of the session. The server ignores it if the token has a fixed type. */
  sessionType?: 'user' | 'admin';
  /** The lifetime of the session in whole seconds. The server limits it to that of the token. */
  lifetime?: KalturaDuration;
  /** Privileges in addition to those of the token, such as `"sview:0_abc,appid:importer"`. */
  privileges?: string;
  /** The widget of the first request. The default is the account's default widget. */
  widgetId?: string;
  /** The name of this program in the server's logs. */
  clientTag?: string;
  /** How long a caller waits at most. The default is 60 seconds. */
  timeout?: KalturaDuration;
}

/** The options of a client. */
export interface KalturaClientOptions extends LoginOptions {
  /**
   * Logs in at once and renews the session ahead of all callers, until the client is closed. Without it the first call
   * logs in, and calls shortly before the expiry renew. Does not keep a process of Node.js or Deno running.
   */
  keepFresh?: boolean;
}

/** Options that limit how long a caller waits. */
export interface RefreshOptions {
  /** How long to wait at most, instead of the `timeout` of the client. A shared login goes on for other callers. */
  timeout?: KalturaDuration;
  /** Rejects with the kind `aborted` when the signal aborts, and aborts the request. */
  signal?: AbortSignal;
}

export interface SessionOptions extends RefreshOptions {
  /** Requires a session that is valid for at least this long. */
  validFor?: KalturaDuration;
}

export interface CallOptions extends RefreshOptions {
  /** Acts for another account, which must be allowed to the account of the session. */
  partnerId?: number;
  /**
   * Whether executing the call twice has the same effect as once, so that it is repeated if its response was lost. By
   * default the actions that only read are.
   */
  repeatable?: boolean;
  /** Bypasses the server's response cache. */
  noCache?: boolean;
  /** Sends the call even if a filter has an empty member, with which it would match everything. */
  allowUnfiltered?: boolean;
}

/** The properties of a session. */
export type SessionProperties = Pick<
  Session,
  'ks' | 'partnerId' | 'userId' | 'sessionType' | 'privileges' | 'expiresAt' | 'adjustments'
>;

/** Why a login or a call failed. There may be kinds that are not listed. */
export type KalturaErrorKind =
  // this package
  | 'invalidArgument' | 'timeout' | 'aborted' | 'closed' | 'network' | 'responseTooLarge' | 'internal'
  // the app token and the session
  | 'invalidTokenHash' | 'tokenNotFound' | 'tokenNotActive' | 'tokenExpired' | 'unknownWidget' | 'otherPartner'
  | 'expiredOnArrival' | 'sessionTooShort' | 'tokenGroupEnded' | 'revokedEarly' | 'ksRefused' | 'invalidCredentials'
  | 'partnerBlocked' | 'userBlocked' | 'unknownRole'
  // the call
  | 'forbidden' | 'notOwner' | 'notFound' | 'invalidParameter' | 'invalidState' | 'invalidCall' | 'noSuchAction'
  | 'refused'
  // the server
  | 'rateLimited' | 'serverFailed' | 'unavailable' | 'redirected' | 'notKaltura' | 'bodyIgnored'
  | (string & {});

/** An error of a login or a call. It contains no secret. */
export class KalturaError extends Error {
  private constructor();
  /** Why, for programs. */
  readonly kind: KalturaErrorKind;
  /** Whether the same may succeed later without a change. */
  readonly retryable: boolean;
  /** What to do. */
  readonly hint: string;
  /** The code of the API, such as `INVALID_KS`, if the server refused. */
  readonly code?: string;
  /** The action that was called, such as `media.list`. */
  readonly action?: string;
  /** The HTTP status of the response, if there was one. Kaltura sends most errors with 200. */
  readonly httpStatus?: number;
  /** How long the server asks to wait, in seconds. */
  readonly retryAfter?: number;
}
