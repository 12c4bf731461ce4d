// Compiled, not run: what the declarations of the package accept and refuse.

import init, { KalturaClient as Client } from 'kaltura-wasm/init';
import {
  type CallOptions,
  KalturaClient,
  type KalturaClientOptions,
  KalturaError,
  type KalturaErrorKind,
  type KalturaParameters,
  type LoginOptions,
  Session,
  type SessionProperties,
  loginOnce,
} from 'kaltura-wasm';

const appToken = { id: '0_7jh3eu10', token: 'secret', hashType: 'SHA256' } as const;
const login: LoginOptions = { serviceUrl: 'https://www.kaltura.com', partnerId: 1234567, appToken, lifetime: '1h' };
const all: KalturaClientOptions = { ...login, keepFresh: true, sessionType: 'admin', timeout: 30, privileges: 'list:*' };

export async function use(signal: AbortSignal): Promise<number> {
  await init();
  const client: KalturaClient = new KalturaClient(all);
  const other: Client = client;
  const session: Session = await client.session({ validFor: 600, signal });
  const properties: Omit<SessionProperties, 'ks'> = session.toJSON();
  const user: string | undefined = session.userId ?? properties.userId;
  const expiry: number | undefined = session.expiresAt;
  const adjustments: readonly string[] = session.adjustments;
  const parameters: KalturaParameters = { filter: { idIn: user, createdAtLessThanOrEqual: 1n }, pager: { pageSize: 5 } };
  const options: CallOptions = { timeout: '5s', signal, repeatable: true, allowUnfiltered: false };
  const media = await other.call('media', 'list', parameters, options);
  const list: { totalCount: number } = await client.call('media', 'list');
  const known: boolean = client.invalidate(await client.refresh());
  client.close();
  try {
    await loginOnce(login);
  } catch (error) {
    if (error instanceof KalturaError) {
      const kind: KalturaErrorKind = error.kind;
      const code: string | undefined = error.code;
      return (error.retryable ? error.retryAfter : undefined) ?? `${kind}${code}${error.hint}`.length;
    }
  }
  return media.totalCount + list.totalCount + adjustments.length + (expiry ?? 0) + Number(known);
}

export function refused(client: KalturaClient): void {
  // @ts-expect-error
  new KalturaClient({ ...all, partnerId: '1234567' });
  // @ts-expect-error
  new KalturaClient({ ...login, partnerID: 1 });
  // @ts-expect-error
  new KalturaClient({ ...login, appToken: { id: 'a', token: 'b', hashType: 'SHA3' } });
  // @ts-expect-error
  void client.call('media', 7);
  // @ts-expect-error
  void client.call('media', 'list', { since: new Date() });
  // @ts-expect-error
  void client.session({ timeuot: 5 });
  // @ts-expect-error
  void loginOnce({ ...all, keepFresh: true } satisfies LoginOptions);
  // @ts-expect-error
  new KalturaError();
}
