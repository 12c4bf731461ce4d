//! What the npm package needs beside the compiler.
//!
//! `xtask-wasm-bindgen bindgen MODULE.wasm FOLDER NAME` writes the JavaScript and TypeScript of a wasm module, as the
//! command `wasm-bindgen` does, without its installation.
//!
//! `xtask-wasm-bindgen compress FILE.tgz` compresses a file again, as small as its format allows.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::process::ExitCode;

use flate2::bufread::GzDecoder;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match &arguments[..] {
        ["bindgen", module, folder, name] => write_bindings(module, folder, name),
        ["compress", file] => compress(file),
        _ => Err("usage: xtask-wasm-bindgen bindgen MODULE.wasm FOLDER NAME, or compress FILE.tgz".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn write_bindings(module: &str, folder: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).typescript(true).remove_name_section(true);
    bindgen.remove_producers_section(true).omit_default_module_path(false);
    Ok(bindgen.web(true)?.generate(folder)?)
}

fn compress(file: &str) -> Result<(), Box<dyn Error>> {
    let mut contents = Vec::new();
    GzDecoder::new(BufReader::new(File::open(file)?)).read_to_end(&mut contents)?;
    let mut compressed = Vec::new();
    zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, &contents[..], &mut compressed)?;
    Ok(fs::write(file, compressed)?)
}
