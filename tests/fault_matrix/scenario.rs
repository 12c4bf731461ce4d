//! One fault at one step, with a client of one kind.

use std::sync::{Arc, Mutex};
use std::time::Duration as Time;

use kaltura_auth::manager::{Policy, observer_fn};
use kaltura_auth::runtime::Clock as _;
use kaltura_auth::store::MemoryStore;
use kaltura_auth::{AppTokenLogin, ServiceUrl};
use kaltura_client::{Client, RetryPolicy, blocking};
use kaltura_emulator::server::Server;
use kaltura_emulator::{AppTokenSeed, Clock as ServerClock, Emulator, FaultRule, PartnerSeed};
use kaltura_http::ReqwestTransport;
use kaltura_testing::runtime::TestRuntime;
use kaltura_types::{AppTokenId, Ks, PartnerId, SessionType, UnixTime};

use crate::faults::{Class, Fault, Injection};
use crate::leaks::record_logs;
use crate::network::{Carrier, Network};
use crate::outcome::{Cell, CellResult, Failure};
use crate::steps::Step;
use crate::subject::{AdvancedRuntime, Executor, FILE, Subject};

/// How requests reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// In the process, with the default policies, and time that passes only where the client waits.
    InProcess,
    /// HTTP over loopback, with short timeouts, two attempts, and no wait for another login.
    Socket,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Async,
    Blocking,
}

impl Api {
    pub(crate) const ALL: [Self; 2] = [Self::Async, Self::Blocking];
}

/// How many calls have the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duration {
    Once,
    /// All, until the step has ended.
    Lasting,
}

impl Duration {
    pub(crate) const ALL: [Self; 2] = [Self::Once, Self::Lasting];
}

/// The lifetime of sessions, in seconds. Their renewal window is five minutes.
const LIFETIME: u64 = 3600;

/// How long a session is still valid when it is renewed.
const LEFT_AT_RENEWAL: u64 = 140;

/// Longer than the backoff after a failed renewal, and shorter than the rest of the session.
const AFTER_A_RENEWAL: Time = Time::from_secs(70);

/// Longer than any backoff after a failed login.
const AFTER_A_LOGIN: Time = Time::from_secs(16 * 60);

/// The longest virtual time of a step: the client's retries end after 30 s, a wait before the last one included.
const DEADLINE: Time = Time::from_secs(31);

/// The longest real time of a step, on a busy machine. Its timeouts are [`SOCKET_TIMEOUT`].
const REAL_DEADLINE: Time = Time::from_secs(60);

/// The timeout of each request over a socket: long enough for a busy machine.
const SOCKET_TIMEOUT: Time = Time::from_secs(2);

pub(crate) struct Scenario<'a> {
    pub(crate) link: Link,
    pub(crate) api: Api,
    pub(crate) fault: &'a Fault,
    pub(crate) step: Step,
    pub(crate) lasts: Duration,
}

pub(crate) fn name(link: Link, api: Api, fault: &Fault, step: Step, lasts: Duration) -> String {
    format!("{} at {} ({link:?}, {api:?}, {lasts:?})", fault.name, step.name())
}

impl Scenario<'_> {
    /// Runs the step and the next calls. What is wrong with it, whatever the fault, is added to `failures`.
    pub(crate) fn run(&self, failures: &Mutex<Vec<String>>) -> Cell {
        let name = name(self.link, self.api, self.fault, self.step, self.lasts);
        let fail = |text: String| failures.lock().unwrap().push(format!("{name}: {text}"));

        let world = World::new(self);
        let ((cell, found), logs) = record_logs(|| world.run(self));
        found.into_iter().for_each(fail);
        world.network.leaks(|leaks| {
            leaks.show(&logs);
            leaks.show(&world.events.lock().unwrap());
            // The token value, a widget KS, a session KS and a token hash.
            if leaks.secret_count() < 4 {
                fail("the secrets were not sent, so that nothing is shown".to_owned());
            }
            if logs.is_empty() {
                fail("nothing was logged".to_owned());
            }
            leaks.find().into_iter().for_each(fail);
        });
        cell
    }
}

/// The server, the clocks, and what is needed to build clients.
struct World {
    link: Link,
    api: Api,
    emulator: Emulator,
    /// For sockets.
    server: Option<Server>,
    test: TestRuntime,
    real: AdvancedRuntime,
    executor: Executor,
    network: Arc<Network>,
    store: MemoryStore,
    events: Arc<Mutex<String>>,
    token: AppTokenId,
    tokens: Vec<AppTokenId>,
}

impl World {
    fn new(scenario: &Scenario<'_>) -> Self {
        let Scenario { link, api, fault, .. } = *scenario;
        let test = TestRuntime::new().with_seed(7);
        let real = AdvancedRuntime::new(test.clone());
        let mut partner = PartnerSeed::new(PartnerId::new(1_234_567));
        if matches!(fault.injection, Injection::ShortWidgetSessions) {
            partner = partner.ks_max_expiry(Some(300));
        }
        let start = UnixTime::from_seconds(i64::try_from(TestRuntime::START.as_secs()).unwrap());
        let clock = if link == Link::InProcess { ServerClock::frozen_at(start) } else { ServerClock::new() };
        let token = || AppTokenSeed::new().session_type(SessionType::Admin).duration(LIFETIME.cast_signed());
        let ids = ["0_first001", "0_second01", "0_third001"];
        let tokens = ids.map(AppTokenId::new).to_vec();
        let builder = Emulator::builder().partner(partner).clock(clock).random_seed(1);
        let emulator = ids
            .into_iter()
            .fold(builder, |builder, id| builder.app_token(token().id(id)))
            .build()
            .expect("an emulator");

        let (server, executor, carrier) = match (link, api) {
            (Link::InProcess, _) => {
                let carrier = Carrier::InProcess(emulator.clone(), test.clone());
                (None, Executor::Test(test.clone()), carrier)
            }
            (Link::Socket, api) => {
                let server = emulator.serve_blocking().expect("a server");
                let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let builder = ReqwestTransport::builder().no_proxy();
                let carrier = match api {
                    Api::Async => Carrier::Socket(builder.build().unwrap()),
                    Api::Blocking => Carrier::BlockingSocket(builder.build_blocking().unwrap()),
                };
                (Some(server), Executor::Tokio(Arc::new(tokio)), carrier)
            }
        };
        let store = match link {
            Link::InProcess => MemoryStore::new(test.clone()),
            Link::Socket => MemoryStore::new(real.clone()),
        };
        let token = tokens[0].clone();
        let (network, events) = (Network::new(carrier), Arc::default());
        Self { link, api, emulator, server, test, real, executor, network, store, events, token, tokens }
    }

    /// A new client. It shares its session with the others if `is_shared`.
    fn client(&self, is_shared: bool) -> Subject {
        let credentials = self.emulator.app_token().credentials();
        self.network.leaks(|leaks| leaks.add_secret(credentials.value().expose()));
        let url = self.server.as_ref().map_or(ServiceUrl::US, |server| server.url().clone());
        let login = AppTokenLogin::new(url, credentials);
        let events = Arc::clone(&self.events);
        let observer = observer_fn(move |event: &_, identity: &Arc<_>| {
            events.lock().unwrap().push_str(&format!("{event:?}{event:#?}{identity:?}"));
        });
        let socket_retry =
            RetryPolicy::default().max_attempts(2).backoff(Time::from_millis(10), Time::from_millis(10));
        let socket_policy = Policy::default().transient_backoff(Time::from_secs(60), Time::from_secs(60));
        let network = Arc::clone(&self.network);
        match (self.api, self.link) {
            (Api::Async, Link::InProcess) => {
                let builder = Client::builder(login, network, self.test.clone()).observer(observer);
                let builder = if is_shared { builder.store(self.store.clone()) } else { builder };
                Subject::Async(builder.build(), self.executor.clone())
            }
            (Api::Async, Link::Socket) => {
                let builder = Client::builder(login.timeout(SOCKET_TIMEOUT), network, self.real.clone())
                    .observer(observer)
                    .retry(socket_retry)
                    .session_policy(socket_policy)
                    .request_timeout(SOCKET_TIMEOUT);
                let builder = if is_shared { builder.store(self.store.clone()) } else { builder };
                Subject::Async(builder.build(), self.executor.clone())
            }
            (Api::Blocking, Link::InProcess) => {
                let waiting = self.test.clone();
                let builder = blocking::Client::builder(login, network, self.test.clone())
                    .observer(observer)
                    .sleep(move |duration| waiting.advance(duration));
                let builder = if is_shared { builder.store(self.store.clone()) } else { builder };
                Subject::Blocking(builder.build())
            }
            (Api::Blocking, Link::Socket) => {
                let login = login.timeout(SOCKET_TIMEOUT);
                let builder = blocking::Client::builder(login, network, self.real.clone())
                    .observer(observer)
                    .retry(socket_retry)
                    .session_policy(socket_policy)
                    .request_timeout(SOCKET_TIMEOUT);
                let builder = if is_shared { builder.store(self.store.clone()) } else { builder };
                Subject::Blocking(builder.build())
            }
        }
    }

    /// The outcome of the step, and what is wrong with it.
    fn run(&self, scenario: &Scenario<'_>) -> (Cell, Vec<String>) {
        let Scenario { step, fault, lasts, .. } = *scenario;
        let mut found = Vec::new();
        self.prepare(scenario);
        let client = self.client(step == Step::Adoption);
        let held = match step {
            Step::WidgetSession | Step::StartSession | Step::Adoption => None,
            _ => Some(client.session().expect("a session before the fault")),
        };
        if step == Step::Renewal {
            self.advance(Time::from_secs(LIFETIME - LEFT_AT_RENEWAL));
        }
        self.inject(fault, step, lasts);
        let other = (step == Step::Adoption).then(|| self.client(true));
        if let Some(other) = &other
            && let Err(failure) = other.session()
        {
            self.show(&failure.texts);
        }

        let (requests, started) = (self.network.requests(), self.now());
        let result = self.take_step(step, &client);
        client.settle();
        let requests = self.network.requests() - requests;
        let took = self.now() - started;
        if took > self.deadline() {
            found.push(format!("took {} s", took.as_secs()));
        }
        if let Err(failure) = &result {
            self.show(&failure.texts);
        }
        for client in [Some(&client), other.as_ref()].into_iter().flatten() {
            self.show(&client.texts());
        }

        self.emulator.clear_faults();
        self.network.restore();
        let renewed = client.session().ok();
        let result = match result {
            Ok(()) if step == Step::Renewal && renewed == held => CellResult::Kept,
            Ok(()) => CellResult::Ok,
            Err(Failure { login, kind, .. }) => CellResult::Failed { login, kind },
        };
        found.extend(self.next_calls(scenario, &client, held.as_ref()));
        if let Some(other) = &other
            && other.get(&self.token).is_err()
        {
            found.push("the next call of the other client fails".to_owned());
        }
        (Cell { result, requests }, found)
    }

    /// Everything works after the fault. Returns what does not.
    fn next_calls(&self, scenario: &Scenario<'_>, client: &Subject, held: Option<&Ks>) -> Vec<String> {
        let Scenario { step, fault, .. } = *scenario;
        let mut found = Vec::new();
        let mut check = |what: &str, result: Result<(), Failure>| {
            if let Err(failure) = result {
                self.show(&failure.texts);
                found.push(format!("{what} fails: {}", failure.kind));
            }
        };
        if step == Step::Renewal {
            self.advance(AFTER_A_RENEWAL);
            check("the next call with the session that was kept", client.get(&self.token));
            client.settle();
            let renewed = client.session().ok();
            // Not if the server has asked for a longer wait.
            if renewed.as_ref() == held && !matches!(fault.class, Class::Postponed(_)) {
                check("the next renewal", Err(Failure::wrong_result("")));
            }
        }
        self.advance(AFTER_A_LOGIN);
        check("the next step", self.take_step(step, client));
        client.settle();
        self.show(&client.texts());
        found
    }

    fn take_step(&self, step: Step, client: &Subject) -> Result<(), Failure> {
        match step {
            Step::WidgetSession | Step::StartSession | Step::Call | Step::Renewal | Step::Adoption => {
                client.get(&self.token)
            }
            Step::Change => client.change(&self.token),
            Step::Pages => client.list(&self.tokens),
            Step::Multirequest => client.multirequest(&self.token),
            Step::Upload => {
                let file = client.upload()?;
                if self.emulator.uploaded(file.id.expose()).as_deref() == Some(FILE) {
                    Ok(())
                } else {
                    Err(Failure::wrong_result("the server has another file"))
                }
            }
        }
    }

    /// What must be so before the client exists.
    fn prepare(&self, scenario: &Scenario<'_>) {
        match scenario.fault.injection {
            Injection::ClientClock(seconds) => {
                let start = TestRuntime::START.as_secs().cast_signed();
                self.test.set_unix_time(Time::from_secs((start + seconds).cast_unsigned()));
            }
            Injection::ShortWidgetSessions => {
                self.emulator.set_response_cache(true);
                // Another client has filled the cache.
                self.client(false).session().expect("a session before the fault");
                self.advance(Time::from_secs(400));
            }
            _ => {}
        }
        if scenario.fault.spoils_the_connection() {
            self.network.ignore_fresh_connections();
        }
    }

    fn inject(&self, fault: &Fault, step: Step, lasts: Duration) {
        let first = step.first_faulty_call();
        let last = if lasts == Duration::Once { first } else { step.last_faulty_call() };
        match &fault.injection {
            Injection::Emulator(faults) => {
                for fault in faults {
                    self.emulator.inject(FaultRule::new(fault.clone()).on(step.action()).calls(first..=last));
                }
            }
            Injection::Response(change) => self.network.change(step.action(), first..=last, change.clone()),
            Injection::ClientClock(_) | Injection::ShortWidgetSessions => {}
        }
    }

    fn advance(&self, time: Time) {
        match self.link {
            Link::InProcess => self.test.advance(time),
            Link::Socket => {
                self.real.advance(time);
                self.emulator.clock().advance(time);
            }
        }
    }

    fn show(&self, text: &str) {
        self.network.leaks(|leaks| leaks.show(text));
    }

    fn now(&self) -> Time {
        match self.link {
            Link::InProcess => self.test.monotonic(),
            Link::Socket => self.real.monotonic(),
        }
    }

    const fn deadline(&self) -> Time {
        match self.link {
            Link::InProcess => DEADLINE,
            Link::Socket => REAL_DEADLINE,
        }
    }
}
