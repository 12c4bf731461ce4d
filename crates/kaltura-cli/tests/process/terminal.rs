//! The command at a terminal, with what is typed.

use std::process::Command;

use rexpect::session::{Options, PtySession, spawn_with_options};

use crate::support::invocation::Kaltura;

/// A terminal in which a shell runs one command, and then tells how it ended and what it left.
pub(crate) struct Terminal {
    session: PtySession,
    /// The id of its process.
    shell: String,
}

/// How a command at a terminal ended.
#[derive(Debug)]
pub(crate) struct Left {
    /// All that was shown, less what was waited for.
    pub(crate) shown: String,
    pub(crate) code: i32,
    /// Whether the terminal still shows what is typed.
    pub(crate) echoes: bool,
}

/// The terminal of `rexpect` shows nothing of what is typed; the one of a person does.
const SCRIPT: &str = r#"trap : INT TERM; printf "<%s>" $$; stty echo rows 24 cols 100; "$@"; code=$?; printf '\n<%s>' "$code"; stty -a; echo '<end>'"#;

/// What follows a suspended command.
const JOBS: &str = "printf '\\n<suspended>\\n'; fg; code=$?";

impl Terminal {
    /// Starts the command. Of what it shows, codes for colours and for the cursor are left out.
    pub(crate) fn open(kaltura: Kaltura) -> Self {
        Self::start(kaltura, true)
    }

    /// Starts the command, and leaves nothing out.
    pub(crate) fn open_with_codes(kaltura: Kaltura) -> Self {
        Self::start(kaltura, false)
    }

    /// Starts the command as a job, which the shell continues once it is suspended.
    pub(crate) fn open_with_jobs(kaltura: Kaltura) -> Self {
        Self::run(&SCRIPT.replace("trap : INT TERM;", "set -m;").replace("code=$?", JOBS), kaltura, true)
    }

    fn start(kaltura: Kaltura, strip_codes: bool) -> Self {
        Self::run(SCRIPT, kaltura, strip_codes)
    }

    fn run(script: &str, kaltura: Kaltura, strip_codes: bool) -> Self {
        let kaltura = kaltura.into_command();
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(kaltura.get_program()).args(kaltura.get_args()).env_clear();
        shell.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TERM", "xterm-256color");
        shell.envs(kaltura.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let options = Options::default().timeout_ms(Some(30_000)).strip_ansi_escape_codes(strip_codes);
        let mut session = spawn_with_options(shell, options).unwrap();
        session.exp_string("<").unwrap();
        let shell = session.exp_string(">").unwrap();
        Self { session, shell }
    }

    /// Waits until this is shown, and tells what came before.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        match self.session.exp_string(text) {
            Ok(before) => before,
            Err(error) => panic!("{text:?} is not shown: {error}"),
        }
    }

    /// Types a line.
    pub(crate) fn enter(&mut self, line: &str) {
        // A terminal that is not asked line by line takes this for the key; any other one, for the end of the line.
        self.session.send(line).and_then(|_| self.session.send("\r")).unwrap();
        self.session.flush().unwrap();
    }

    /// Presses Ctrl and a letter.
    pub(crate) fn control(&mut self, letter: char) {
        self.session.send_control(letter).unwrap();
    }

    /// Sends a signal such as `TERM` to the command. The shell around it gets it too, and goes on.
    pub(crate) fn signal(&self, name: &str) {
        let group = format!("-{}", self.shell);
        let kill = Command::new("kill").args([&format!("-{name}"), "--", &group]).status();
        assert!(kill.expect("`kill` runs").success());
    }

    /// Waits for the end of the command.
    #[track_caller]
    pub(crate) fn left(mut self) -> Left {
        let shown = self.wait_for("\n<");
        let code = self.wait_for(">").parse().unwrap();
        let state = self.wait_for("<end>");
        let echoes = state.split_whitespace().any(|word| word == "echo");
        Left { shown, code, echoes }
    }
}
