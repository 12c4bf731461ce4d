//! What the tests share.

use kaltura::AppTokenLogin;
use kaltura::emulator::AppTokenSeed;
use kaltura::emulator::server::Server;
use kaltura::types::SessionType;

/// A login with a token that may list media.
pub fn login(server: &Server) -> AppTokenLogin {
    let seed = AppTokenSeed::new().session_type(SessionType::Admin);
    let token = server.emulator().add_app_token(seed).unwrap();
    AppTokenLogin::new(server.url().clone(), token.credentials())
}
