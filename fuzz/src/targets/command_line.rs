//! The command: parameters of a call, and the file with the profiles. It runs in this process; nothing is sent.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use kaltura_cli::{Environment, Ui};
use serde_json::Value;
use tempfile::TempDir;

/// What parameters are made of.
pub const WORDS: [&str; 24] = [
    "=",
    ":=",
    "=:",
    "@",
    "[",
    "]",
    ".",
    "-",
    "{}",
    "\"",
    "filter.idEqual=0_a",
    "filter[idEqual]=",
    "ks=",
    "token:=",
    "secret=",
    "null",
    "[1,2]",
    "{\"a\":{\"ks\":\"x\"}}",
    "--all",
    "service=",
    "format=",
    "\u{1b}[2J",
    "partnerId=",
    "\u{202e}",
];

/// What the file with the profiles is made of.
pub const PROFILE_WORDS: [&str; 26] = [
    "[profiles.",
    "]\n",
    "default_profile",
    " = ",
    "\"",
    "'",
    "\"\"\"",
    "partner_id",
    "app_token_id",
    "service_url",
    "region",
    "token_store = \"file\"\n",
    "token_command = \"",
    "token_file",
    "token_variable",
    "hash_type",
    "user",
    "lifetime",
    "privileges",
    "store",
    "redis://:pass@h",
    "work",
    "#",
    "\n",
    "\u{1b}",
    "[[",
];

/// A KS that no output may show.
const KS: &str =
    "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";

/// A stream that keeps what is written.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Captured {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Ok(text) = String::from_utf8(bytes) else { panic!("the output is not UTF-8") };
        text
    }
}

/// The exit code, standard output and standard error of a command.
pub struct Finished {
    /// The exit code.
    pub code: u8,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs the command with a KS in a variable, and settings and caches in a folder.
pub fn kaltura(folder: &Path, arguments: &[&str], stdin: &[u8]) -> Finished {
    let variables = [
        ("KALTURA_CONFIG_DIR", folder.as_os_str().to_owned()),
        ("KALTURA_CACHE_DIR", folder.join("cache").into_os_string()),
        ("KALTURA_KS", OsString::from(KS)),
    ];
    let (stdout, stderr) = (Captured::default(), Captured::default());
    let mut ui = Ui::new(Cursor::new(stdin.to_vec()), stdout.clone(), stderr.clone());
    let arguments = std::iter::once("kaltura").chain(arguments.iter().copied()).map(OsString::from);
    let code = kaltura_cli::run(arguments, &Environment::from_iter(variables), &mut ui);
    let finished = Finished { code, stdout: stdout.text(), stderr: stderr.text() };
    for shown in [&finished.stdout, &finished.stderr] {
        assert!(!shown.contains(KS), "the KS is shown: {shown}");
        let is_control = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!shown.contains(is_control), "control characters reach the terminal: {shown:?}");
    }
    finished
}

fn in_folder<T>(use_it: impl FnOnce(&Path) -> T) -> T {
    thread_local! {
        static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| {
            let Ok(folder) = tempfile::tempdir() else { panic!("there is no place for temporary files") };
            folder
        });
        use_it(folder.path())
    })
}

/// The lines up to an empty one as parameters of a call, the rest as standard input.
pub fn parameters(data: &[u8]) {
    let text = String::from_utf8_lossy(data).replace('\0', "");
    let (lines, stdin) = text.split_once("\n\n").unwrap_or((&text, ""));
    // No file of the machine is read, of which some never end.
    let lines = lines.split('\n').filter(|line| !line.contains('@'));
    let arguments: Vec<&str> = ["call", "--dry-run", "--json", "--partner-id=1234567", "--", "media.list"]
        .into_iter()
        .chain(lines)
        .collect();
    let finished = in_folder(|folder| kaltura(folder, &arguments, stdin.as_bytes()));
    match finished.code {
        0 => assert!(serde_json::from_str::<Value>(&finished.stdout).is_ok(), "{}", finished.stdout),
        2 => {
            assert!(
                finished.stderr.contains("{\"error\":") && finished.stdout.is_empty(),
                "{}",
                finished.stderr
            )
        }
        other => panic!("exit code {other}: {}", finished.stderr),
    }
}

/// The bytes as the file with the profiles. What can be read is listed, and stays as it is when a profile is added.
pub fn profiles(data: &[u8]) {
    in_folder(|folder| {
        let path = folder.join("config.toml");
        let write = |data: &[u8]| {
            let Ok(()) = fs::write(&path, data) else { panic!("temporary files cannot be written") };
        };
        write(data);
        let listed = kaltura(folder, &["profile", "list", "--json"], b"");
        if listed.code != 0 {
            assert!(listed.code == 2 && listed.stderr.contains("{\"error\":"), "{}", listed.stderr);
            return;
        }
        let names = |listed: &Finished| -> Vec<String> {
            let Ok(json) = serde_json::from_str::<Value>(&listed.stdout) else { panic!("{}", listed.stdout) };
            let profiles =
                json["profiles"].as_array().or_else(|| json.as_array()).cloned().unwrap_or_default();
            profiles.iter().map(|profile| profile["name"].to_string()).collect()
        };
        let before = names(&listed);
        let arguments =
            ["profile", "add", "fuzz-added", "--partner-id=5", "--app-token-id=0_a", "--app-token-file=/x"];
        let added = kaltura(folder, &arguments, b"");
        let listed = kaltura(folder, &["profile", "list", "--json"], b"");
        assert_eq!(listed.code, 0, "{}", listed.stderr);
        let mut after = names(&listed);
        if added.code == 0 {
            after.retain(|name| name != "\"fuzz-added\"" || before.contains(name));
        }
        assert_eq!(before, after);
    });
}
