//! What happens in a demo, in order.

use std::time::Duration;

use kaltura_auth::{
    AppTokenCredentials, AppTokenLogin, Error, ServiceUrl, Session, Transport as _, WireRequest,
};
use kaltura_emulator::Emulator;
use kaltura_http::ReqwestTransport;
use kaltura_types::{
    Action, AddAppToken, ApiError, AppToken, AppTokenDraft, BareKs, HashType, Ks, Lifetime, Parameters,
    PayloadError, Privileges, SessionType, StartSession, payload,
};
use serde::Deserialize;

use super::checks;
use super::story::{Exchange, Scene, ShownError, Story};
use super::trace::Traced;
use crate::error::{ExitCode, Failure};

/// The user of the demo's sessions.
pub(super) const USER: &str = "demo-app";
/// How long the demo's sessions live.
const LIFE: Lifetime = Lifetime::hours(1);
/// How long a request may take, on this very machine.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A login that worked, and what it was good for.
pub(super) struct Played {
    pub(super) credentials: AppTokenCredentials,
    pub(super) session: Session,
    pub(super) videos: MediaList,
}

/// What the server refused.
pub(super) struct Refused {
    /// A call without a session.
    pub(super) call: Option<ApiError>,
    /// A login with a wrong token value.
    pub(super) login: Error,
}

/// Plays it all, and checks what it claims.
pub(super) async fn play(story: &mut Story) -> Result<(), Failure> {
    let emulator = Emulator::builder()
        .build()
        .map_err(|error| Failure::new(ExitCode::Local, "the emulator can not be made").caused_by(&error))?;
    let server = emulator.serve().await.map_err(|error| {
        Failure::new(ExitCode::Network, "the emulator can not be served").caused_by(&error)
    })?;
    story.service_url = server.url().to_string();
    story.partner_id = emulator.partner_id().get();
    let stage = Stage {
        url: server.url().clone(),
        wire: Traced::over(ReqwestTransport::builder().no_proxy().build()?),
        emulator,
    };

    let admin = stage.make_a_token(story).await?;
    let first = stage.log_in_with_it(story, &admin.token).await?;
    let (videos, call) = stage.use_the_session(story, &first).await?;
    let mut played = vec![Played { credentials: admin.token.clone(), session: first, videos }];
    stage.log_in_with_the_others(story, &admin.ks, &mut played).await?;
    let refused = Refused { call, login: stage.be_refused(story, &admin.token).await? };

    checks::check(story, &stage.emulator, &stage.wire.since(0), &played, &refused);
    server.shutdown().await;
    Ok(())
}

/// The server, and the way to it.
struct Stage {
    url: ServiceUrl,
    wire: Traced,
    emulator: Emulator,
}

/// What the administrator of the account has made.
struct Admin {
    ks: Ks,
    token: AppTokenCredentials,
}

impl Stage {
    async fn make_a_token(&self, story: &mut Story) -> Result<Admin, Failure> {
        let begin = self.wire.count();
        let secret = self.emulator.admin_secret().clone();
        let ks = self.call(None, &StartSession::admin(self.emulator.partner_id(), secret)).await?;
        let ks = BareKs::into_ks(ks);
        let token = self.add_token(&ks, HashType::Sha256).await?;
        self.tell(
            story,
            begin,
            "An administrator makes an app token",
            "Once, with the admin secret of the account. The token has an id, which is no secret, and a \
             value, which goes to the program that will log in and to no other program. With its privilege list:*, \
             the sessions list the videos of all users.",
        );
        Ok(Admin { ks, token })
    }

    async fn log_in_with_it(
        &self,
        story: &mut Story,
        token: &AppTokenCredentials,
    ) -> Result<Session, Failure> {
        let begin = self.wire.count();
        let session = self.login(token).run(&self.wire).await?;
        self.tell(
            story,
            begin,
            "A program logs in with it",
            "Anybody may have an unprivileged KS. The program hashes that KS together with the token's value, \
             and sends the hash: the proof that it has the value, which itself stays where it is.",
        );
        Ok(session)
    }

    async fn use_the_session(
        &self,
        story: &mut Story,
        session: &Session,
    ) -> Result<(MediaList, Option<ApiError>), Failure> {
        let begin = self.wire.count();
        let videos = self.call(Some(session.ks()), &ListMedia).await?;
        let refusal = match self.ask(None, &ListMedia).await? {
            Err(PayloadError::Api(refusal)) => Some(refusal),
            _ => None,
        };
        self.tell(
            story,
            begin,
            "The session is good for calls",
            "Its KS goes along with each call, in the body and never in the URL. Without one, the same call is \
             refused.",
        );
        Ok((videos, refusal))
    }

    async fn log_in_with_the_others(
        &self,
        story: &mut Story,
        admin: &Ks,
        played: &mut Vec<Played>,
    ) -> Result<(), Failure> {
        let begin = self.wire.count();
        let mut results = Vec::new();
        for hash_type in [HashType::Sha512, HashType::Sha1, HashType::Md5] {
            let credentials = self.add_token(admin, hash_type).await?;
            let session = self.login(&credentials).run(&self.wire).await?;
            let videos = self.call(Some(session.ks()), &ListMedia).await?;
            results.push(format!(
                "{:<7} token {}, a hash of {} hex digits, {} videos",
                hash_type.as_str(),
                credentials.id(),
                hash_type.hex_digits(),
                videos.total_count
            ));
            played.push(Played { credentials, session, videos });
        }
        let scene = self.tell(
            story,
            begin,
            "The other hash types work alike",
            "A token is made for one of four hash types. Made without a word about it, it has SHA1.",
        );
        scene.results = results;
        Ok(())
    }

    async fn be_refused(&self, story: &mut Story, token: &AppTokenCredentials) -> Result<Error, Failure> {
        let begin = self.wire.count();
        let wrong = AppTokenCredentials::new(
            token.partner_id(),
            token.id().clone(),
            another_value(token.value().expose()),
            token.hash_type(),
        );
        let Err(refusal) = self.login(&wrong).run(&self.wire).await else {
            return Err(Failure::new(ExitCode::Local, "the server has accepted a wrong token value"));
        };
        let error = ShownError {
            code: refusal.api_error().map_or("none", |api| api.code().as_str()).to_owned(),
            message: refusal.to_string(),
            hint: refusal.hint(),
        };
        let scene = self.tell(
            story,
            begin,
            "A wrong token value is refused",
            "One digit is changed. The server says no more than that the hash is wrong; the library says what \
             to look at.",
        );
        scene.error = Some(error);
        Ok(refusal)
    }

    fn login(&self, token: &AppTokenCredentials) -> AppTokenLogin {
        AppTokenLogin::new(self.url.clone(), token.clone()).timeout(TIME_LIMIT)
    }

    async fn add_token(&self, admin: &Ks, hash_type: HashType) -> Result<AppTokenCredentials, Failure> {
        let draft = AppTokenDraft::new()
            .hash_type(hash_type)
            .session_type(SessionType::User)
            .session_user_id(USER)
            .session_duration(LIFE)
            .session_privileges(&Privileges::parse("list:*"));
        let AppToken { id, token, partner_id, .. } = self.call(Some(admin), &AddAppToken::new(draft)).await?;
        Ok(AppTokenCredentials::new(partner_id, id, token, hash_type))
    }

    /// Calls an action with a KS, or without one.
    async fn call<A: Action>(&self, ks: Option<&Ks>, action: &A) -> Result<A::Output, Failure> {
        self.ask(ks, action).await?.map_err(|error| failed(action, ExitCode::Server, &error))
    }

    /// The same, where it may be that the server refuses.
    async fn ask<A: Action>(
        &self,
        ks: Option<&Ks>,
        action: &A,
    ) -> Result<Result<A::Output, PayloadError>, Failure> {
        let mut parameters = action.parameters();
        if let Some(ks) = ks {
            parameters.insert("ks".to_owned(), ks.expose().into());
        }
        let request = WireRequest::json(&self.url, action.service(), action.action(), parameters)
            .with_timeout(TIME_LIMIT);
        let response = self.wire.send(request).await;
        let response = response.map_err(|error| failed(action, ExitCode::Network, &error))?;
        Ok(payload::decode(response.body()))
    }

    /// Puts what was exchanged since `begin` into the story.
    fn tell<'s>(
        &self,
        story: &'s mut Story,
        begin: usize,
        title: &'static str,
        about: &'static str,
    ) -> &'s mut Scene {
        story.scenes.push(Scene {
            title,
            about,
            exchanges: self.wire.since(begin).iter().map(Exchange::of).collect(),
            results: Vec::new(),
            error: None,
        });
        let last = story.scenes.len() - 1;
        &mut story.scenes[last]
    }
}

fn failed(action: &impl Action, class: ExitCode, cause: &dyn std::error::Error) -> Failure {
    Failure::new(class, format!("{}.{} failed", action.service(), action.action())).caused_by(cause)
}

/// A value of the same form that is another one.
fn another_value(value: &str) -> String {
    let first = if value.starts_with('0') { '1' } else { '0' };
    std::iter::once(first).chain(value.chars().skip(1)).collect()
}

/// `media.list`: the account's videos.
struct ListMedia;

/// A page of videos.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MediaList {
    pub(super) total_count: i64,
}

impl Action for ListMedia {
    type Output = MediaList;

    fn service(&self) -> &'static str {
        "media"
    }

    fn action(&self) -> &'static str {
        "list"
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_value_has_the_same_form() {
        for value in ["0a", "1a", "fa"] {
            let other = another_value(value);
            assert_ne!(other, value);
            assert_eq!(other.len(), value.len());
            assert!(other.ends_with('a'));
        }
    }
}
