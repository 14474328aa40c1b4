//! Accounts and tokens. What was sent is never quoted: it holds passwords.

use axum::{
    Json,
    extract::{
        Path, State,
        rejection::{JsonRejection, PathRejection},
    },
    http::StatusCode,
};
use sessctl_api::{
    MintedToken, NewToken, NewUser, SCHEMA, Token, TokenList, User, UserChange, UserList,
    UserReport, audit::actions,
};

use super::{caller::Operator, deed::Deed, state::AdminState};
use crate::error::AppError;

pub(super) async fn users(
    _operator: Operator,
    State(state): State<AdminState>,
) -> Result<Json<UserList>, AppError> {
    Ok(Json(UserList::new(state.accounts.users().await?)))
}

pub(super) async fn user(
    _operator: Operator,
    State(state): State<AdminState>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<User>, AppError> {
    let name = named(name)?;
    Ok(Json(state.accounts.user(&name).await?))
}

pub(super) async fn add_user(
    Operator(caller): Operator,
    State(state): State<AdminState>,
    body: Result<Json<NewUser>, JsonRejection>,
) -> Result<(StatusCode, Json<User>), AppError> {
    let deed = Deed::of(&caller, actions::USER_ADD, &state);
    let form = "{\"name\": ..., \"credential\": {\"password\": ...}}";
    let (deed, new) = read(deed, body, form)?;
    let adding = deed.about(&new.name);
    let add = async move { state.accounts.add_user(new).await };
    let added = adding.carry_out(add, |deed, _| deed.note()).await?;
    Ok((StatusCode::CREATED, Json(added)))
}

pub(super) async fn change_user(
    Operator(caller): Operator,
    State(state): State<AdminState>,
    name: Result<Path<String>, PathRejection>,
    body: Result<Json<UserChange>, JsonRejection>,
) -> Result<Json<UserReport>, AppError> {
    let name = named(name)?;
    // Until it is known which change it is.
    let deed = Deed::of(&caller, actions::PASSWORD, &state).about(&name);
    let form = "{\"password\": ...}, or one of the words \"disable\" and \"enable\"";
    let (mut deed, change) = read(deed, body, form)?;
    deed.record.action = match &change {
        UserChange::Password(_) => actions::PASSWORD,
        UserChange::Disable => actions::USER_DISABLE,
        UserChange::Enable => actions::USER_ENABLE,
    }
    .into();
    let actor = caller.actor();
    let change = async move { state.accounts.change_user(&name, change, &actor).await };
    deed.carry_out(change, tell_ended).await.map(Json)
}

pub(super) async fn remove_user(
    Operator(caller): Operator,
    State(state): State<AdminState>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<UserReport>, AppError> {
    let name = named(name)?;
    let deed = Deed::of(&caller, actions::USER_REMOVE, &state).about(&name);
    let actor = caller.actor();
    let remove = async move { state.accounts.remove_user(&name, &actor).await };
    deed.carry_out(remove, tell_ended).await.map(Json)
}

pub(super) async fn tokens(
    _operator: Operator,
    State(state): State<AdminState>,
) -> Result<Json<TokenList>, AppError> {
    Ok(Json(TokenList::new(state.accounts.tokens().await?)))
}

pub(super) async fn add_token(
    Operator(caller): Operator,
    State(state): State<AdminState>,
    body: Result<Json<NewToken>, JsonRejection>,
) -> Result<(StatusCode, Json<MintedToken>), AppError> {
    let deed = Deed::of(&caller, actions::TOKEN_ADD, &state);
    let form = "{\"name\": ..., \"scope\": \"read\" or \"write\", \"lifetime\": SECONDS}";
    let (mut deed, new) = read(deed, body, form)?;
    deed.record.why = Some(format!("{} {}", new.scope, new.name));
    let add = async move { state.accounts.add_token(new).await };
    let (token, secret) = deed.carry_out(add, |deed, _| deed.note()).await?;
    let minted = MintedToken {
        schema: SCHEMA,
        token,
        secret,
    };
    Ok((StatusCode::CREATED, Json(minted)))
}

pub(super) async fn remove_token(
    Operator(caller): Operator,
    State(state): State<AdminState>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<Token>, AppError> {
    let name = named(name)?;
    let mut deed = Deed::of(&caller, actions::TOKEN_REMOVE, &state);
    deed.record.why = Some(name.clone());
    let remove = async move { state.accounts.remove_token(&name).await };
    deed.carry_out(remove, |deed, _| deed.note())
        .await
        .map(Json)
}

fn tell_ended(mut deed: Deed, report: &UserReport) {
    deed.record.count = Some(report.ended);
    deed.note();
}

fn named(name: Result<Path<String>, PathRejection>) -> Result<String, AppError> {
    let Path(name) = name.map_err(|rejection| AppError::bad_request(rejection.body_text()))?;
    Ok(name)
}

/// Takes the body, or writes down that it was none. The rejection's own words would quote it.
fn read<T>(
    deed: Deed,
    body: Result<Json<T>, JsonRejection>,
    form: &str,
) -> Result<(Deed, T), AppError> {
    match body {
        Ok(Json(body)) => Ok((deed, body)),
        Err(_) => {
            let text = format!("The request is not the JSON that is wanted here: {form}");
            let refusal = AppError::against(text);
            deed.not_done(&refusal);
            Err(refusal)
        }
    }
}
