//! The layers of the house as a table: which crate may use which, and what each must never reach.
//!
//! ```text
//! kaltura-types ← kaltura-ks ← kaltura-auth ← kaltura-client ← kaltura-http, kaltura-testing ← kaltura-cli
//! ```
//!
//! The rules that read it are in `dependencies`, `reach` and `rust_files`.

/// What one crate of the workspace may use.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) name: &'static str,
    /// Workspace crates that it may depend on. This holds for its tests too: a dev-dependency on a
    /// crate above it would give those tests two copies of its traits.
    pub(crate) may_use: MayUse,
    /// Crates that it must not reach, by any way, in any feature.
    pub(crate) never: &'static [Family],
    /// Paths and words that the code in its `src` must not have.
    pub(crate) never_writes: &'static [&'static str],
    /// Whether it is for the world.
    pub(crate) published: bool,
}

#[derive(Debug)]
pub(crate) enum MayUse {
    These(&'static [&'static str]),
    Anything,
}

impl MayUse {
    pub(crate) fn allows(&self, name: &str) -> bool {
        match self {
            Self::These(names) => names.contains(&name),
            Self::Anything => true,
        }
    }
}

/// Crates of one kind; a name that ends in `*` stands for all that begin so.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) what: &'static str,
    pub(crate) crates: &'static [&'static str],
}

impl Family {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.crates.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == *pattern,
        })
    }
}

/// `http` is none of them: it has types only.
const HTTP: Family = Family {
    what: "an HTTP library",
    crates: &[
        "actix-*",
        "attohttpc",
        "axum*",
        "curl*",
        "h2",
        "h3",
        "hyper*",
        "isahc",
        "reqwest*",
        "surf",
        "tonic",
        "ureq*",
        "warp",
    ],
};
const RUNTIME: Family = Family {
    what: "an async runtime",
    crates: &[
        "async-executor",
        "async-global-executor",
        "async-io",
        "async-std",
        "embassy-*",
        "futures-executor",
        "glommio",
        "monoio",
        "smol*",
        "tokio*",
    ],
};
const ASYNC: Family = Family { what: "made for async", crates: &["async-*", "futures*"] };
/// `httpdate` is none of them: it reads and writes dates, but does not know what time it is.
const CLOCK: Family = Family {
    what: "a clock",
    crates: &["chrono*", "coarsetime", "instant", "jiff*", "minstant", "quanta", "time", "web-time"],
};
const RANDOM: Family = Family {
    what: "a source of random numbers",
    crates: &["fastrand", "getrandom", "nanorand", "oorandom", "rand", "rand_*"],
};
const CRYPTOGRAPHY: Family = Family {
    what: "cryptography",
    crates: &[
        "aes*",
        "aws-lc-*",
        "blake*",
        "cbc",
        "cipher",
        "crypto-common",
        "digest",
        "hmac",
        "md-5",
        "md5",
        "openssl*",
        "ring",
        "rustls*",
        "sha1*",
        "sha2*",
        "sha3*",
    ],
};

/// The core works in any executor, in none, and on wasm: time and chance are handed to it.
const AMBIENT: &[&str] = &["SystemTime::now", "Instant::now", "std::env", "std::fs", "std::process"];

/// Every crate of the workspace, from the ground up.
pub(crate) const LAYERS: &[Layer] = &[
    Layer {
        name: "kaltura-types",
        may_use: MayUse::These(&[]),
        never: &[HTTP, RUNTIME, ASYNC, CLOCK, RANDOM, CRYPTOGRAPHY],
        never_writes: &[
            "SystemTime",
            "Instant",
            "async",
            "std::env",
            "std::fs",
            "std::io",
            "std::net",
            "std::process",
            "std::thread",
        ],
        published: true,
    },
    Layer {
        name: "kaltura-ks",
        may_use: MayUse::These(&["kaltura-types"]),
        // It may reach `getrandom`: that is its optional source for the random bytes of a new KS.
        never: &[HTTP, RUNTIME, ASYNC, CLOCK],
        never_writes: AMBIENT,
        published: true,
    },
    Layer {
        name: "kaltura-auth",
        may_use: MayUse::These(&["kaltura-types", "kaltura-ks"]),
        never: &[HTTP, RUNTIME, CLOCK, RANDOM],
        never_writes: AMBIENT,
        published: true,
    },
    Layer {
        name: "kaltura-client",
        may_use: MayUse::These(&["kaltura-types", "kaltura-ks", "kaltura-auth"]),
        never: &[HTTP, RUNTIME, CLOCK, RANDOM],
        never_writes: AMBIENT,
        published: true,
    },
    Layer {
        name: "kaltura-http",
        may_use: MayUse::These(&["kaltura-types", "kaltura-auth", "kaltura-client"]),
        never: &[],
        never_writes: &[],
        published: true,
    },
    Layer {
        name: "kaltura-testing",
        may_use: MayUse::These(&["kaltura-types", "kaltura-ks", "kaltura-auth", "kaltura-client"]),
        never: &[],
        never_writes: &[],
        published: true,
    },
    Layer {
        name: "kaltura-emulator",
        may_use: MayUse::These(&["kaltura-types", "kaltura-ks", "kaltura-auth"]),
        never: &[],
        never_writes: &[],
        published: true,
    },
    Layer {
        name: "kaltura-cli",
        may_use: MayUse::These(&[
            "kaltura-types",
            "kaltura-ks",
            "kaltura-auth",
            "kaltura-client",
            "kaltura-http",
            "kaltura-emulator",
            "kaltura-testing",
        ]),
        never: &[],
        never_writes: &[],
        published: true,
    },
    Layer {
        name: "kaltura-tests",
        may_use: MayUse::Anything,
        never: &[],
        never_writes: &[],
        published: false,
    },
    Layer { name: "xtask", may_use: MayUse::Anything, never: &[], never_writes: &[], published: false },
];

/// Crates that only some may name, so that their major versions move only those.
pub(crate) const KEPT: &[(&str, &[&str])] = &[("reqwest", &["kaltura-http", "kaltura-cli"])];

/// The row of a crate.
pub(crate) fn layer(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.name == name)
}
