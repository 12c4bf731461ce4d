//! Clocks that are wrong, or that are set.

use kaltura_auth::runtime::Runtime as _;

use super::fixture::{Fleet, LIFETIME, Process, all_same, milliseconds, seconds};

const TWO_HOURS: i64 = 7200;

fn run_refresh_loops(processes: &[Process]) {
    for process in processes {
        process.runtime.spawn(Box::pin(process.manager.run_refresh_loop())).unwrap();
    }
}

/// A valid session in each process, in each minute.
fn run_for_hours(fleet: &Fleet, processes: &[Process], hours: u64) {
    for _ in 0..hours * 60 {
        fleet.advance(seconds(60));
        for process in processes {
            let session = process.manager.fresh().expect("a session");
            let now =
                i64::try_from(kaltura_auth::runtime::Clock::unix_time(&fleet.runtime).as_secs()).unwrap();
            assert!(session.expires_at().unwrap().as_seconds() > now, "a dead session");
        }
    }
}

#[test]
fn processes_whose_clocks_are_wrong_by_hours_share_as_in_peace() {
    let fleet = Fleet::new();
    let processes = fleet.processes(9);
    for (process, offset) in processes.iter().zip([0, TWO_HOURS, -TWO_HOURS].into_iter().cycle()) {
        process.runtime.set_wall_offset(offset);
    }
    assert!(all_same(&fleet.all_get_a_session(&processes)));
    run_refresh_loops(&processes);
    run_for_hours(&fleet, &processes, 5);
    assert!((5..=7).contains(&fleet.logins()), "{}", fleet.logins());
}

#[test]
fn the_clock_of_the_store_may_be_set() {
    for offsets in [[-3600, 7200], [7200, -3600]] {
        let fleet = Fleet::new();
        let processes = fleet.processes(5);
        fleet.all_get_a_session(&processes);
        run_refresh_loops(&processes);
        run_for_hours(&fleet, &processes, 1);
        for offset in offsets {
            fleet.store.set_clock_offset(offset);
            run_for_hours(&fleet, &processes, 2);
            // A new process gets no session that is dead, and none that lives too long.
            let cold = fleet.process();
            fleet.run(cold.manager.session()).unwrap();
            assert!(cold.manager.status().remaining.unwrap() <= seconds(LIFETIME));
        }
        assert!((6..=10).contains(&fleet.logins()), "{}", fleet.logins());
    }
}

#[test]
fn the_clock_of_a_process_that_jumps_ahead_costs_it_its_session_and_no_other() {
    let fleet = Fleet::new();
    let processes = fleet.processes(3);
    fleet.all_get_a_session(&processes);
    processes[0].runtime.set_wall_offset(TWO_HOURS);
    // By its wall clock the session has expired; the store has a valid one. It is the same, so it renews it.
    let session = fleet.run(processes[0].manager.session()).unwrap();
    assert!(fleet.logins() <= 2);
    assert!(processes[1].manager.fresh().is_some());
    assert!(session.expires_at().is_some());
}

#[test]
fn a_store_clock_that_is_set_back_prolongs_neither_a_backoff_nor_a_lease() {
    let fleet = Fleet::new();
    fleet.emulator.disable_token(fleet.credentials().id()).unwrap();
    fleet.run(fleet.process().manager.session()).unwrap_err();
    fleet.store.set_clock_offset(-3600);
    fleet.emulator.enable_token(fleet.credentials().id()).unwrap();
    fleet.run(fleet.process().manager.session()).unwrap();

    let fleet = Fleet::new();
    let holder = fleet.process();
    let _unfinished = holder.spawn_session();
    fleet.advance(milliseconds(100));
    holder.runtime.kill();
    fleet.store.set_clock_offset(-3600);
    let before = fleet.elapsed();
    fleet.run(fleet.process().manager.session()).unwrap();
    assert!(fleet.elapsed() - before < seconds(3), "{:?}", fleet.elapsed() - before);
}
