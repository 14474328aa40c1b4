//! Reading what a session holds: somebody's own, so that it is written down who did.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use sessctl_api::{RegistryError, SessionData, audit::actions};

use super::{
    caller::Reader,
    deed::Deed,
    state::{AdminState, parse_handle},
};
use crate::error::AppError;

pub(super) async fn data(
    Reader(caller): Reader,
    State(state): State<AdminState>,
    handle: Result<Path<String>, PathRejection>,
) -> Result<Json<SessionData>, AppError> {
    let handle = parse_handle(handle)?;
    let mut deed = Deed::of(&caller, actions::DATA_READ, &state);
    deed.record.handle = Some(handle);
    if let Err(refusal) = caller.check_data() {
        deed.not_done(&refusal);
        return Err(refusal);
    }
    let reading = async move {
        let session = state.registry.get(handle).await?;
        let data = state.registry.data(handle).await?;
        Ok::<_, RegistryError>((session.user, data))
    };
    let (_, data) = deed
        .carry_out(reading, |mut deed, (user, _)| {
            deed.record.user.clone_from(user);
            deed.note();
        })
        .await?;
    Ok(Json(SessionData::new(data)))
}
