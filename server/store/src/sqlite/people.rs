//! Accounts and tokens in the file: what is read when it is opened, and what the writer says of them.

use rusqlite::{Connection, Row, Statement, params, types::Type};
use sessctl_api::{Scope, Secret, Token};

use crate::{
    book::{Account, Book, Edit, Sources, TokenDigest},
    clock::{to_millis, to_time},
};

/// Every statement about accounts and tokens, prepared once.
#[derive(Debug)]
pub(super) struct People<'c> {
    add: Statement<'c>,
    password: Statement<'c>,
    disable: Statement<'c>,
    enable: Statement<'c>,
    remove: Statement<'c>,
    rehash: Statement<'c>,
    signed_in: Statement<'c>,
    add_token: Statement<'c>,
    remove_token: Statement<'c>,
}

impl<'c> People<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        let update =
            |what: &str| connection.prepare(&format!("UPDATE user SET {what} WHERE name = ?1"));
        Ok(Self {
            add: connection.prepare(
                "INSERT INTO user (name, hash, created, password_set, disabled, last_login, sources)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            password: update("hash = ?2, password_set = ?3")?,
            disable: update("disabled = coalesce(disabled, ?2)")?,
            enable: update("disabled = NULL")?,
            remove: connection.prepare("DELETE FROM user WHERE name = ?1")?,
            rehash: update("hash = ?2")?,
            signed_in: update("last_login = ?2, sources = ?3")?,
            add_token: connection.prepare(
                "INSERT INTO token (name, digest, scope, created, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            remove_token: connection.prepare("DELETE FROM token WHERE name = ?1")?,
        })
    }

    /// Writes one change. Returns whether the file had what it is about.
    pub(super) fn write(&mut self, edit: &Edit) -> rusqlite::Result<bool> {
        let changed = match edit {
            Edit::Add(account) => self.add.execute(params![
                account.name,
                account.hash.expose(),
                account.created,
                account.password_set,
                account.disabled,
                account.last_login,
                account.sources.to_text(),
            ]),
            Edit::Password { name, hash, at } => {
                self.password.execute(params![name, hash.expose(), at])
            }
            Edit::Disable { name, at } => self.disable.execute(params![name, at]),
            Edit::Enable { name } => self.enable.execute([name]),
            Edit::Remove { name } => self.remove.execute([name]),
            Edit::Rehash { name, hash } => self.rehash.execute(params![name, hash.expose()]),
            Edit::SignedIn { name, at, sources } => {
                self.signed_in.execute(params![name, at, sources.to_text()])
            }
            Edit::AddToken { token, digest } => self.add_token.execute(params![
                token.name,
                digest.0,
                token.scope.as_str(),
                to_millis(token.created),
                to_millis(token.expires),
            ]),
            Edit::RemoveToken { name } => self.remove_token.execute([name]),
        };
        changed.map(|rows| rows > 0)
    }
}

/// Reads every account and token. One that cannot be understood is an error: nobody must be let in, or kept out, by a
/// guess.
pub(super) fn load(connection: &Connection, book: &Book) -> rusqlite::Result<()> {
    let accounts = read_all(
        connection,
        "SELECT name, hash, created, password_set, disabled, last_login, sources FROM user",
        read_account,
    )?;
    let tokens = read_all(
        connection,
        "SELECT name, digest, scope, created, expires FROM token",
        read_token,
    )?;
    book.load(accounts, tokens);
    Ok(())
}

fn read_all<T>(
    connection: &Connection,
    query: &str,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(query)?.query_map([], read)?.collect()
}

fn read_account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let sources: Option<String> = row.get(6)?;
    Ok(Account {
        name: row.get(0)?,
        hash: Secret::new(row.get::<_, String>(1)?),
        created: row.get(2)?,
        password_set: row.get(3)?,
        disabled: row.get(4)?,
        last_login: row.get(5)?,
        sources: sources
            .as_deref()
            .map_or_else(Sources::default, Sources::from_text),
        version: 0,
    })
}

fn read_token(row: &Row<'_>) -> rusqlite::Result<(TokenDigest, Token)> {
    let scope: String = row.get(2)?;
    let scope = Scope::parse(&scope).ok_or_else(|| {
        let why = format!("a token has the scope {scope:?}, which is none");
        rusqlite::Error::FromSqlConversionFailure(2, Type::Text, why.into())
    })?;
    let token = Token {
        name: row.get(0)?,
        scope,
        created: to_time(row.get(3)?),
        expires: to_time(row.get(4)?),
    };
    Ok((TokenDigest(row.get(1)?), token))
}
