//! `kaltura ks`: prints a KS that lives long enough.

use clap::Args;
use kaltura_types::{PartnerId, UnixTime};
use serde::Serialize;

use crate::args::ReadySessionOptions;
use crate::config::Settings;
use crate::error::Failure;
use crate::output::{Difference, Ui};
use crate::time;

const EXAMPLES: &str = "\
Examples:
  With KALTURA_PARTNER_ID, KALTURA_APP_TOKEN_ID, KALTURA_APP_TOKEN_HASH_TYPE and
  KALTURA_APP_TOKEN set:
    kaltura ks

  For curl, without the KS in its arguments, which others can read:
    kaltura ks | curl --data-urlencode ks@- --data format=1 \\
        https://www.kaltura.com/api_v3/service/media/action/list

  For work that takes two hours:
    KALTURA_KS=\"$(kaltura ks --min-validity 2h --lifetime 8h)\" my-import

The session is kept in a file that only its owner can read, in KALTURA_CACHE_DIR or else in
the folder for caches: ~/.cache/kaltura on Linux. The token is not kept. Service URL,
account, token id and what is wished of the session make it another session. If the cache
can not be used, that is noted on standard error, and a login takes its place. `kaltura
status` shows what is kept, `kaltura logout` forgets it.

What the server granted differently from what was asked is noted on standard error, also of a
session that comes from the cache; --quiet leaves it out.

With --json the answer has ks, partnerId, userId, sessionType, expiry (Unix time, by this
machine's clock), expiresIn (seconds), privileges, adjustments, fromCache, warnings and
serviceUrl; what the server did not say is null. `kaltura --help` lists the exit codes.";

/// Print a KS that is good for some time, logging in only if need be
///
/// The KS comes from the session cache if there is one that lives for --min-validity at least; else by a login,
/// which the cache then keeps. Where many commands start at once, one of them logs in; if that fails, so do those
/// that waited for it. The options are those of `kaltura login`. The server may have ended a session that is in the
/// cache: --fresh takes a new one.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct KsCommand {
    #[command(flatten)]
    session: ReadySessionOptions,
}

/// What is printed for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    ks: &'a str,
    partner_id: PartnerId,
    user_id: Option<&'a str>,
    /// `USER`, `ADMIN`, or what else the server said.
    session_type: Option<&'a str>,
    expiry: UnixTime,
    expires_in: u64,
    privileges: &'a str,
    adjustments: Vec<Difference>,
    from_cache: bool,
    warnings: &'a [String],
    service_url: &'a str,
}

impl KsCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let ready = self.session.session(ui, settings)?;
        if ui.wants_json() {
            return ui.print_json(&Answer {
                ks: ready.record.ks.expose(),
                partner_id: ready.record.partner_id,
                user_id: ready.record.user_id.as_deref(),
                session_type: ready.record.session_type.as_deref(),
                expiry: ready.record.until,
                expires_in: ready.record.life_left(time::now()).as_secs(),
                privileges: &ready.record.privileges,
                adjustments: Difference::all(&ready.adjustments),
                from_cache: ready.from_cache,
                warnings: &ready.warnings,
                service_url: ready.service_url.as_str(),
            });
        }
        ready.tell(ui);
        ui.print(&format!("{}\n", ready.record.ks.expose()))
    }
}
