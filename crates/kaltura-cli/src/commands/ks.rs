//! `kaltura ks`: prints a KS that lives long enough.

use clap::Args;
use serde_json::json;

use crate::args::ReadySessionOptions;
use crate::config::Settings;
use crate::error::Failure;
use crate::output::{Difference, Ui};

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
account, token id and the requested session make it another session. If the cache cannot be
used, that is noted on standard error, and a login takes its place. `kaltura status` shows
what is kept, `kaltura logout` removes it.

--store, KALTURA_STORE or the entry `store` of a profile share the session with all programs
that use the same store: those on the kaltura crates, and kaltura on other machines. It is a
folder, or the URL of a Redis or Valkey. A URL with a password is taken from KALTURA_STORE or
from --store-file, never from an argument. The token's value is then needed each time, since
only those who have it find the session.

What the server granted differently from what was asked is noted on standard error, also of a
session that comes from the cache; --quiet leaves it out.

With --json the answer is a document for other languages: version (1), ks, id, partnerId,
userId, type, privileges, expiresAt (Unix time, by this machine's clock), validFor (seconds;
cache by it), serviceUrl, fromCache, adjustments and warnings. What the server did not report is
null. `kaltura --help` lists the exit codes.";

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

/// The form of the document: docs/ks-document.md. Another number is another form.
const VERSION: u32 = 1;

impl KsCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let ready = self.session.session(ui, settings)?;
        let session = &ready.session;
        if ui.wants_json() {
            return ui.print_json(&json!({
                "version": VERSION,
                "ks": session.ks().expose(),
                // 32 hex digits.
                "id": session.id().map(|id| format!("{:032x}", id.to_bits())).unwrap_or_default(),
                "partnerId": session.partner_id(),
                "userId": session.user_id(),
                // `USER`, `ADMIN`, or what else the server reported.
                "type": session.session_type().map(ToString::to_string),
                "privileges": session.privileges().to_string(),
                // By the clock of this machine.
                "expiresAt": ready.expires_at,
                // In seconds, rounded down.
                "validFor": ready.valid_for.unwrap_or_default().as_secs(),
                "serviceUrl": ready.service_url.as_str(),
                "fromCache": ready.from_cache,
                "adjustments": Difference::all(session.adjustments()),
                "warnings": ready.warnings,
            }));
        }
        ready.tell(ui);
        ui.print(&format!("{}\n", session.ks().expose()))
    }
}
