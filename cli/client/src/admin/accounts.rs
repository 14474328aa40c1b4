//! Accounts and tokens over the admin API.

use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use sessctl_api::{
    AccountError, Accounts, BoxFuture, MintedToken, NewToken, NewUser, Secret, Token, TokenList,
    User, UserChange, UserList, UserReport, routes::admin as routes,
};

use super::{
    link::Admin,
    refusal::{self, Asked},
};

impl Accounts for Admin {
    fn users(&self) -> BoxFuture<'_, Result<Vec<User>, AccountError>> {
        let request = self.request(Method::GET, routes::USERS);
        Box::pin(async move {
            let list: UserList = self.ask(request, Asked::List).await?;
            Ok(list.users)
        })
    }

    fn user(&self, name: &str) -> BoxFuture<'_, Result<User, AccountError>> {
        let (name, request) = (name.to_owned(), self.request_of(Method::GET, name));
        Box::pin(async move { self.ask(request?, Asked::User(&name)).await })
    }

    fn add_user(&self, user: NewUser) -> BoxFuture<'_, Result<User, AccountError>> {
        let request = self.request(Method::POST, routes::USERS).json(&user);
        Box::pin(async move { self.ask(request, Asked::User(&user.name)).await })
    }

    fn change_user(
        &self,
        name: &str,
        change: UserChange,
        _actor: &str,
    ) -> BoxFuture<'_, Result<UserReport, AccountError>> {
        let (name, request) = (name.to_owned(), self.request_of(Method::PATCH, name));
        Box::pin(async move { self.ask(request?.json(&change), Asked::User(&name)).await })
    }

    fn remove_user(
        &self,
        name: &str,
        _actor: &str,
    ) -> BoxFuture<'_, Result<UserReport, AccountError>> {
        let (name, request) = (name.to_owned(), self.request_of(Method::DELETE, name));
        Box::pin(async move { self.ask(request?, Asked::User(&name)).await })
    }

    fn tokens(&self) -> BoxFuture<'_, Result<Vec<Token>, AccountError>> {
        let request = self.request(Method::GET, routes::TOKENS);
        Box::pin(async move {
            let list: TokenList = self.ask(request, Asked::List).await?;
            Ok(list.tokens)
        })
    }

    fn add_token(&self, token: NewToken) -> BoxFuture<'_, Result<(Token, Secret), AccountError>> {
        let request = self.request(Method::POST, routes::TOKENS).json(&token);
        Box::pin(async move {
            let minted: MintedToken = self.ask(request, Asked::Token(&token.name)).await?;
            Ok((minted.token, minted.secret))
        })
    }

    fn remove_token(&self, name: &str) -> BoxFuture<'_, Result<Token, AccountError>> {
        let name = name.to_owned();
        Box::pin(async move {
            if is_no_segment(&name) {
                return Err(AccountError::NoToken(name));
            }
            let request = self.request(Method::DELETE, &routes::token(&name));
            self.ask(request, Asked::Token(&name)).await
        })
    }
}

impl Admin {
    /// A request about one account.
    fn request_of(&self, method: Method, name: &str) -> Result<RequestBuilder, AccountError> {
        if is_no_segment(name) {
            return Err(AccountError::NoUser(name.to_owned()));
        }
        Ok(self.request(method, &routes::user(name)))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        asked: Asked<'_>,
    ) -> Result<T, AccountError> {
        let (status, body) = self.fetch(request).await?;
        if !status.is_success() {
            return Err(refusal::of_accounts(
                &self.place,
                status.as_u16(),
                &body,
                asked,
            ));
        }
        Ok(self.parse(&body)?)
    }
}

/// Whether a name has no path of its own: an address that ends in it is that of something else.
fn is_no_segment(name: &str) -> bool {
    matches!(name, "" | "." | "..")
}
