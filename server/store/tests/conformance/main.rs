//! The one suite that every backend passes: what ended stays ended, and two limits on one clock.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod accounts;
#[path = "../common/mod.rs"]
mod common;
mod crowding;
mod crowds;
mod ended;
mod holding;
mod kit;
mod life;
mod many;
mod operators;
mod past;
mod rotation;
mod throttling;
mod windows;

use std::sync::atomic::{AtomicU64, Ordering};

use sessctl_store::{SessionId, Settings};

use self::{
    accounts::*, crowding::*, crowds::*, ended::*, holding::*, life::*, many::*, operators::*,
    past::*, rotation::*, throttling::*, windows::*,
};

/// Runs every rule over every backend.
macro_rules! over_every_backend {
    ($($rule:ident $(with $change:expr)?;)*) => {
        over_every_backend!(@backend memory $($rule $(with $change)?;)*);
        over_every_backend!(@backend sqlite $($rule $(with $change)?;)*);
    };
    (@settings) => { |_| {} };
    (@settings $change:expr) => { $change };
    (@backend $backend:ident $($rule:ident $(with $change:expr)?;)*) => {
        mod $backend {
            /// An id source that gives every id twice; one for each backend, as their tests run side by side.
            fn every_id_twice() -> super::SessionId {
                static DRAWN: super::AtomicU64 = super::AtomicU64::new(0);
                let drawn = DRAWN.fetch_add(1, super::Ordering::SeqCst);
                super::SessionId::from_bits(u128::from(drawn / 2))
            }

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                super::$rule(&super::common::$backend(over_every_backend!(@settings $($change)?))).await;
            })*
        }
    };
}

over_every_backend! {
    a_login_opens_a_session_that_lists_show;
    a_save_after_a_revoke_changes_nothing;
    a_touch_after_a_revoke_changes_nothing;
    a_rotation_after_a_revoke_gives_no_id;
    a_handler_that_writes_while_it_is_revoked_brings_nothing_back;
    a_handler_that_loads_after_the_revoke_inserts_no_fresh_row;
    a_handler_that_cycles_its_id_after_the_revoke_stays_out;
    a_handler_may_leave_its_own_session_and_begin_another;
    a_login_replaces_the_session_it_came_with;
    a_rotation_keeps_handle_created_time_and_data;
    a_colliding_id_is_drawn_again with |settings: &mut super::Settings| settings.new_id = every_id_twice;
    idle_sessions_end_on_the_millisecond;
    sessions_end_at_their_absolute_limit_whatever_comes;
    what_ended_by_the_clock_cannot_be_touched_back;
    a_clock_that_steps_back_moves_no_last_seen;
    a_clock_that_steps_back_and_forth_revives_nothing_and_loses_no_deadline;
    unknown_and_malformed_ids_open_and_create_nothing;
    a_stranger_who_writes_nothing_leaves_no_row;
    an_unnamed_session_is_kept_only_when_asked_for with |settings: &mut super::Settings| settings.save_uninitialized = true;
    the_holder_learns_how_it_ended_until_it_is_forgotten;
    revoking_reports_each_handle;
    a_revocation_with_a_wrong_count_ends_nothing;
    a_dry_run_ends_nothing;
    watchers_hear_of_logins_requests_and_ends_in_order;
    every_busy_session_gets_its_turn_in_the_news;
    pages_neither_skip_nor_repeat;
    parallel_revokes_end_a_session_once;
    parallel_writes_to_different_keys_all_survive;
    of_two_writers_of_one_key_the_last_one_wins;
    a_removed_key_goes_and_the_others_stay;
    a_second_save_of_a_request_takes_nobodys_write_back;
    a_handler_that_clears_its_session_leaves_nothing;
    nothing_but_the_handlers_own_keys_is_kept;
    too_much_data_is_refused_and_changes_nothing;
    lists_know_how_much_a_session_holds;
    a_session_moves_with_its_client_and_remembers_where_it_was;
    lists_are_sorted_by_any_column_and_filtered_by_any;
    paging_holds_still_while_sessions_come_and_go;
    counts_are_exact_before_any_sweep;
    a_busy_session_outlives_its_first_deadline;
    what_is_forgotten_makes_room_for_others with super::forget_at_once;
    a_watcher_goes_on_where_it_was;
    a_watcher_that_sleeps_lists_again_and_holds_nobody_up;
    ended_sessions_are_listed_with_why_the_latest_end_first;
    ended_sessions_are_filtered_and_sorted_by_any_column;
    pages_of_ended_sessions_neither_skip_nor_repeat;
    a_session_past_its_limit_is_recalled_as_ended_before_any_sweep;
    what_ended_is_remembered_for_its_time_and_then_purged;
    a_rotated_id_is_told_from_an_unknown_one_for_two_minutes;
    whoever_holds_a_rotated_id_is_not_told_how_the_session_ended;
    a_write_that_was_under_way_at_a_rotation_is_not_lost;
    a_logout_that_was_under_way_at_a_rotation_ends_the_session;
    an_old_id_writes_to_no_session_but_that_of_its_own_request;
    a_write_after_a_rotation_and_a_revoke_changes_nothing;
    of_parallel_rotations_one_id_opens_the_session;
    a_rotation_does_not_move_the_limits;
    an_account_is_added_shown_and_signed_in_with;
    wrong_unknown_and_disabled_are_told_apart_for_the_log_alone;
    names_passwords_and_hashes_that_cannot_be_are_refused;
    what_is_too_long_or_empty_is_no_password;
    a_disabled_account_signs_in_nowhere_and_its_sessions_end;
    a_removed_account_leaves_no_session;
    a_new_password_by_an_operator_ends_every_session;
    a_new_password_by_its_user_keeps_only_this_session_under_a_new_id;
    a_password_that_was_checked_before_a_change_opens_nothing_after_it;
    a_new_account_ends_sessions_that_began_without_its_password;
    a_user_ends_their_other_sessions;
    a_remembered_session_lives_longer_and_no_other;
    a_token_opens_until_it_expires_or_is_removed;
    a_user_who_has_all_sessions_is_refused_one_more with |settings: &mut super::Settings| settings.limit = super::deny(3);
    a_replaced_session_takes_no_place with |settings: &mut super::Settings| settings.limit = super::deny(3);
    what_ends_together_with_a_sign_in_takes_no_place with |settings: &mut super::Settings| settings.limit = super::deny(3);
    of_too_many_sessions_the_one_used_longest_ago_ends with |settings: &mut super::Settings| settings.limit = super::oldest(3);
    a_limit_holds_under_parallel_sign_ins_that_are_refused with |settings: &mut super::Settings| settings.limit = super::deny(5);
    a_limit_holds_under_parallel_sign_ins_that_push_others_out with |settings: &mut super::Settings| settings.limit = super::oldest(5);
    after_five_failures_each_try_waits_twice_as_long;
    after_a_hundred_failures_a_day_passes_and_then_all_is_forgotten;
    a_known_source_gets_in_while_an_attacker_hammers;
    a_source_that_tries_many_names_stops_nobody_else;
    an_account_that_lets_nobody_in_says_until_when;
    an_operator_forgives_what_was_counted;
    many_guesses_at_once_are_heard_no_more_often_than_one_after_the_other;
    as_many_guesses_are_heard_where_an_account_is_known_as_elsewhere;
    right_passwords_at_once_hold_nobody_up;
    an_account_s_crowd_keeps_nobody_else_from_signing_in with |settings: &mut super::Settings| settings.hashing = super::DEAR;
    a_source_s_crowd_keeps_nobody_elsewhere_from_signing_in with |settings: &mut super::Settings| settings.hashing = super::DEAR;
    who_leaves_before_the_answer_takes_nobodys_place;
    more_than_can_wait_are_told_to_come_back;
    a_clock_that_steps_back_holds_nobody_longer_than_the_delay;
    no_session_outlives_a_disabled_account_whoever_signs_in_meanwhile;
    a_page_around_a_session_shows_who_comes_before_and_after_it;
    a_page_after_so_many_sessions_begins_there_and_no_later_than_the_last_full_one;
    ended_sessions_are_shown_by_windows_too;
    a_page_in_the_middle_of_a_long_list_is_just_that;
    what_a_live_session_holds_is_told_and_of_an_ended_one_how_it_ended;
    the_values_that_most_sessions_share_are_counted;
    every_request_with_a_live_session_counts;
}
