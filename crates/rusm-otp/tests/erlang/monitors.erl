%% erlang:monitor/2, demonitor/1,2, spawn_monitor/1.
-module(monitors).
-export([scenarios/0]).
-import(scenario, [start/1, start_trapping/1, name/2, act/2, tell/2, ends_with/2, sees/1, sees/2,
                   nothing_more/1, ends/1, alive/1, dead/0, say/2]).
-define(S(F), {F, fun F/0}).

scenarios() ->
    [?S(each_reason_as_it_is), ?S(an_error_carries_its_text), ?S(of_the_dead), ?S(of_the_dead_twice),
     ?S(of_oneself), ?S(monitors_stack), ?S(of_two_one_taken_back), ?S(taken_back),
     ?S(taken_back_twice), ?S(taken_back_and_flushed), ?S(taken_back_after_the_down),
     ?S(flush_of_one_leaves_the_other), ?S(the_watcher_ends), ?S(watched_by_two), ?S(watching_each_other),
     ?S(link_and_monitor_both_tell), ?S(spawned_monitored_and_over_at_once), ?S(a_kill_of_a_trapping_process),
     ?S(the_end_that_a_link_brought)].

watch(A, B) -> act(A, fun() -> monitor(process, B) end).

each_reason_as_it_is() ->
    A = start('A'),
    [begin
         B = start('B'),
         watch(A, B),
         ends_with(B, Reason),
         sees(A)
     end || Reason <- [normal, shutdown, {shutdown, x}, killed, noproc, kill, because]].

an_error_carries_its_text() ->
    A = start('A'), B = start('B'),
    watch(A, B),
    tell(B, fun() -> error(oh) end),
    sees(A).

of_the_dead() ->
    A = start('A'), X = dead(),
    watch(A, X),
    sees(A), nothing_more(A).

of_the_dead_twice() ->
    A = start('A'), X = dead(),
    watch(A, X), watch(A, X),
    sees(A), sees(A), nothing_more(A).

of_oneself() ->
    A = start('A'),
    watch(A, A),
    nothing_more(A),
    ends_with(A, because),
    ends(A).

monitors_stack() ->
    A = start('A'), B = start('B'),
    watch(A, B), watch(A, B),
    ends_with(B, because),
    sees(A), sees(A), nothing_more(A).

of_two_one_taken_back() ->
    A = start('A'), B = start('B'),
    Ref = watch(A, B),
    watch(A, B),
    act(A, fun() -> demonitor(Ref) end),
    ends_with(B, because),
    sees(A), nothing_more(A).

taken_back() ->
    A = start('A'), B = start('B'),
    Ref = watch(A, B),
    say("it was there: ~s", [act(A, fun() -> demonitor(Ref, [info]) end)]),
    ends_with(B, because),
    ends(B), nothing_more(A).

taken_back_twice() ->
    A = start('A'), B = start('B'),
    Ref = watch(A, B),
    say("it was there: ~s", [act(A, fun() -> demonitor(Ref, [info]) end)]),
    say("it was there: ~s", [act(A, fun() -> demonitor(Ref, [info]) end)]),
    alive(B).

taken_back_and_flushed() ->
    A = start('A'), X = dead(),
    act(A, fun() -> demonitor(monitor(process, X), [flush]) end),
    nothing_more(A).

taken_back_after_the_down() ->
    A = start('A'), B = start('B'),
    Ref = watch(A, B),
    ends_with(B, because),
    sees(A),
    say("it was there: ~s", [act(A, fun() -> demonitor(Ref, [info]) end)]),
    nothing_more(A).

flush_of_one_leaves_the_other() ->
    A = start('A'), X = dead(),
    act(A, fun() ->
        One = monitor(process, X),
        monitor(process, X),
        demonitor(One, [flush])
    end),
    sees(A), nothing_more(A).

the_watcher_ends() ->
    A = start('A'), B = start('B'),
    watch(A, B),
    ends_with(A, because),
    ends(A), alive(B).

watched_by_two() ->
    A = start('A'), B = start('B'), C = start('C'),
    watch(A, B), watch(C, B),
    exit(B, kill),
    sees(A), sees(C).

watching_each_other() ->
    A = start('A'), B = start('B'),
    watch(A, B), watch(B, A),
    ends_with(A, because),
    sees(B), nothing_more(B).

%% Erlang does not say which comes first.
link_and_monitor_both_tell() ->
    A = start_trapping('A'), B = start('B'),
    watch(A, B),
    act(A, fun() -> link(B) end),
    ends_with(B, because),
    sees(A, 'EXIT'), sees(A, 'DOWN'), nothing_more(A).

spawned_monitored_and_over_at_once() ->
    A = start('A'),
    {B, _} = act(A, fun() -> spawn_monitor(fun() -> ok end) end),
    name(B, 'B'),
    sees(A), nothing_more(A).

a_kill_of_a_trapping_process() ->
    A = start('A'), B = start_trapping('B'),
    watch(A, B),
    exit(B, kill),
    sees(A).

the_end_that_a_link_brought() ->
    A = start('A'), B = start('B'), C = start('C'),
    watch(A, B),
    act(B, fun() -> link(C) end),
    exit(C, kill),
    sees(A).
