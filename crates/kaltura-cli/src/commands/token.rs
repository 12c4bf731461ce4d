//! `kaltura token`: the app tokens of an account.

mod account;
mod add;
mod answer;
mod delete;
mod expiry;
mod get;
mod hint;
mod list;
mod rotate;
mod server_clock;
mod settings;
mod shown;
mod stored;
mod table;
mod traps;
mod update;
mod value;

use clap::{Args, Subcommand};

use self::add::AddCommand;
use self::delete::DeleteCommand;
use self::get::GetCommand;
use self::list::ListCommand;
use self::rotate::RotateCommand;
use self::update::UpdateCommand;
use crate::config::Settings;
use crate::error::Failure;
use crate::output::Ui;

const HELP: &str = "\
An app token lets a program log in without the account's admin secret, and do only what the
token was made for. Managing app tokens takes an ADMIN session of the account. It is signed on
this machine with the admin secret, which is not sent, or is a KS that you give. The first of
these counts:
  --admin-secret-file, --admin-secret-stdin, --ks-file, --ks-stdin
  KALTURA_ADMIN_SECRET
  KALTURA_KS
  the admin secret of the profile
An app token whose sessions are ADMIN will do too:
  KALTURA_KS=\"$(kaltura ks --type admin)\" kaltura token list

The value of a token is its secret. It is printed with --show-value only, or written to a file
with --value-file. The server keeps it: `kaltura token get ID --value-file FILE` has it again.

No action of the API disables a token, or enables it again: delete it, and make another one.";

/// Make, find, change, replace and delete app tokens
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct TokenCommand {
    #[command(subcommand)]
    action: TokenAction,
}

/// What to do with app tokens. Each describes itself.
#[derive(Debug, Subcommand)]
enum TokenAction {
    Add(Box<AddCommand>),
    List(Box<ListCommand>),
    Get(Box<GetCommand>),
    Update(Box<UpdateCommand>),
    Delete(Box<DeleteCommand>),
    Rotate(Box<RotateCommand>),
}

impl TokenCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        match self.action {
            TokenAction::Add(add) => add.run(ui, settings),
            TokenAction::List(list) => list.run(ui, settings),
            TokenAction::Get(get) => get.run(ui, settings),
            TokenAction::Update(update) => update.run(ui, settings),
            TokenAction::Delete(delete) => delete.run(ui, settings),
            TokenAction::Rotate(rotate) => rotate.run(ui, settings),
        }
    }
}
