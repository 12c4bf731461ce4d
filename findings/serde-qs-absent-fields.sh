#!/usr/bin/env bash
# Question: a Rust program describes KalturaAppToken as a struct of Option fields and writes Kaltura's form
#   (appToken[description]=x&appToken[hashType]=SHA256) with serde_qs. What goes over the wire for a field that is None?
#   And does the reader of the same crate read the form that browsers, curl and the published clients send (%5B, %5D)?
# Guess: None is left out, as serde_urlencoded does; and %5B is read as "[".
# Package: crate serde_qs 1.1.3, beside serde_urlencoded 0.7.1.
# Behaviour: None goes out as the bare name (appToken[expiry]; so since 1.0, by its changelog), an empty Vec as appToken[tags]=. PHP, and so the server,
#   reads both as the empty text, which is a value. In the other direction the default configuration does not see a nested name
#   with %5B and %5D: without an error the fields are None. appToken[expiry]= is an error for an Option<i64>,
#   appToken[expiry] without "=" is None. use_form_encoding(true) cures the reading, not the None.
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: for Kaltura an empty value is not "absent". appToken[expiry] empty is stored as 0: the token is expired from
#   the start; sessionType empty is INVALID_ENUM_VALUE; sessionUserId empty is INVALID_FIELD_VALUE; an empty filter field
#   (idIn) filters nothing, so all objects come.
#   What to do: #[serde(skip_serializing_if = "Option::is_none")] on every field (shown below), and for a stub server
#   Config::new().use_form_encoding(true). A client library should build its form by itself and have a test that None sends nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir src
cat > Cargo.toml <<'C'
[package]
name = "probe"
version = "0.0.0"
edition = "2021"
[dependencies]
serde = { version = "=1.0.228", features = ["derive"] }
serde_qs = { version = "=1.1.3", default-features = false }
serde_urlencoded = "=0.7.1"
[profile.dev]
debug = 0
C
cat > src/main.rs <<'R'
use serde::{Deserialize, Serialize};
#[derive(Serialize, Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
struct Token { description: Option<String>, hash_type: Option<String>, expiry: Option<i64> }
#[derive(Serialize, Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
struct Add { ks: Option<String>, app_token: Token }
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Filter { id_in: Option<String>, tags: Vec<String> }
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Skipping { description: Option<String>, #[serde(skip_serializing_if = "Option::is_none")] expiry: Option<i64> }

fn read(config: serde_qs::Config, text: &str) -> String {
    match config.deserialize_str::<Add>(text) {
        Ok(add) => format!("description {:?}, expiry {:?}", add.app_token.description, add.app_token.expiry),
        Err(error) => format!("error: {error}"),
    }
}

fn main() {
    let add = Add { ks: None, app_token: Token { description: Some("x".into()), hash_type: None, expiry: None } };
    println!("serde_qs writes          {}", serde_qs::to_string(&add).unwrap());
    println!("serde_qs, filter         {}", serde_qs::to_string(&Filter { id_in: None, tags: vec![] }).unwrap());
    println!("serde_urlencoded writes  {}", serde_urlencoded::to_string(&add.app_token).unwrap());
    println!("with skip_serializing_if {}", serde_qs::to_string(&Skipping { description: Some("x".into()), expiry: None }).unwrap());
    for text in ["appToken[description]=x&appToken[expiry]=5", "appToken%5Bdescription%5D=x&appToken%5Bexpiry%5D=5",
                 "appToken[description]=x&appToken[expiry]", "appToken[description]=x&appToken[expiry]="] {
        println!("read {text}");
        println!("  default        {}", read(serde_qs::Config::new(), text));
        println!("  form encoding  {}", read(serde_qs::Config::new().use_form_encoding(true), text));
    }
}
R
CARGO_TARGET_DIR="$work/target" cargo run -q -j 1 > seen.txt
cat seen.txt
cat > expected.txt <<'X'
serde_qs writes          ks&appToken[description]=x&appToken[hashType]&appToken[expiry]
serde_qs, filter         idIn&tags=
serde_urlencoded writes  description=x
with skip_serializing_if description=x
read appToken[description]=x&appToken[expiry]=5
  default        description Some("x"), expiry Some(5)
  form encoding  description Some("x"), expiry Some(5)
read appToken%5Bdescription%5D=x&appToken%5Bexpiry%5D=5
  default        description None, expiry None
  form encoding  description Some("x"), expiry Some(5)
read appToken[description]=x&appToken[expiry]
  default        description Some("x"), expiry None
  form encoding  description Some("x"), expiry None
read appToken[description]=x&appToken[expiry]=
  default        error: invalid type: unit value, expected i64
  form encoding  error: invalid type: unit value, expected i64
X
diff expected.txt seen.txt
echo "as expected"
