// Logs in with an app token and the published client, as often as the argument says; prints the microseconds of each.

const { createHash } = require('crypto');
const kaltura = require('kaltura-client');

const env = process.env;
const { appToken, session } = kaltura.services;

(async () => {
  const config = new kaltura.Configuration();
  config.serviceUrl = env.KALTURA_SERVICE_URL;
  config.setLogger({ log() {} });
  const client = new kaltura.Client(config);
  for (let count = Number(process.argv[2]); count > 0; count -= 1) {
    const start = process.hrtime.bigint();
    client.setKs(undefined);
    const widget = await session.startWidgetSession(`_${env.KALTURA_PARTNER_ID}`).execute(client);
    client.setKs(widget.ks);
    const hash = createHash(env.KALTURA_APP_TOKEN_HASH_TYPE).update(widget.ks + env.KALTURA_APP_TOKEN).digest('hex');
    const granted = await appToken.startSession(env.KALTURA_APP_TOKEN_ID, hash).execute(client);
    if (!granted.ks) throw new Error('no KS');
    console.log(String((process.hrtime.bigint() - start) / 1000n));
  }
})();
