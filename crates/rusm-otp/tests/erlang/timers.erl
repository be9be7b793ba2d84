%% erlang:send_after/3, cancel_timer/1, read_timer/1.
-module(timers).
-export([scenarios/0]).
-import(scenario, [start/1, act/2, ends_with/2, ends/1, sees/1, nothing_more/1, dead/0, say/2]).
-define(S(F), {F, fun F/0}).

%% Longer than any scenario.
-define(NEVER, 1000000).

scenarios() ->
    [?S(fires), ?S(fires_at_once), ?S(the_sooner_comes_first), ?S(for_another), ?S(read_before), ?S(read_after),
     ?S(cancelled), ?S(cancelled_and_not_delivered), ?S(cancelled_twice), ?S(cancelled_after_it_fired),
     ?S(cancelled_by_another), ?S(to_the_dead), ?S(its_receiver_ends), ?S(its_maker_ends), ?S(for_a_name),
     ?S(for_a_name_given_later), ?S(for_a_name_passed_on), ?S(for_a_missing_name), ?S(no_such_timer)].

timer_of(A, After, Text) -> act(A, fun() -> erlang:send_after(After, self(), Text) end).
cancel(A, Timer) -> said("cancel", act(A, fun() -> erlang:cancel_timer(Timer) end)).
read(A, Timer) -> said("time left", act(A, fun() -> erlang:read_timer(Timer) end)).

said(What, false) -> say("~s: none", [What]);
said(What, Left) when Left >= 0 -> say("~s: some", [What]).

fires() ->
    A = start('A'),
    timer_of(A, 1, "tick"),
    sees(A), nothing_more(A).

fires_at_once() ->
    A = start('A'),
    timer_of(A, 0, "tick"),
    sees(A).

the_sooner_comes_first() ->
    A = start('A'),
    act(A, fun() ->
        erlang:send_after(40, self(), "later"),
        erlang:send_after(1, self(), "soon")
    end),
    sees(A), sees(A).

for_another() ->
    A = start('A'), B = start('B'),
    act(A, fun() -> erlang:send_after(1, B, "tick") end),
    sees(B).

read_before() ->
    A = start('A'),
    read(A, timer_of(A, ?NEVER, "tick")).

read_after() ->
    A = start('A'),
    Timer = timer_of(A, 1, "tick"),
    sees(A),
    read(A, Timer).

cancelled() ->
    A = start('A'),
    Timer = timer_of(A, ?NEVER, "tick"),
    cancel(A, Timer),
    read(A, Timer).

cancelled_and_not_delivered() ->
    A = start('A'),
    Left = act(A, fun() ->
        Timer = erlang:send_after(20, self(), "first"),
        erlang:send_after(40, self(), "second"),
        erlang:cancel_timer(Timer)
    end),
    said("cancel", Left),
    sees(A), nothing_more(A).

cancelled_twice() ->
    A = start('A'),
    Timer = timer_of(A, ?NEVER, "tick"),
    cancel(A, Timer),
    cancel(A, Timer).

cancelled_after_it_fired() ->
    A = start('A'),
    Timer = timer_of(A, 1, "tick"),
    sees(A),
    cancel(A, Timer).

cancelled_by_another() ->
    A = start('A'), B = start('B'),
    Timer = timer_of(A, ?NEVER, "tick"),
    cancel(B, Timer),
    read(A, Timer).

to_the_dead() ->
    A = start('A'), X = dead(),
    Timer = act(A, fun() -> erlang:send_after(?NEVER, X, "tick") end),
    cancel(A, Timer).

its_receiver_ends() ->
    A = start('A'), B = start('B'),
    Timer = act(A, fun() -> erlang:send_after(?NEVER, B, "tick") end),
    ends_with(B, normal),
    ends(B),
    cancel(A, Timer).

its_maker_ends() ->
    A = start('A'), B = start('B'),
    act(A, fun() -> erlang:send_after(20, B, "tick") end),
    exit(A, kill),
    ends(A),
    sees(B).

for_a_name() ->
    A = start('A'),
    register(clock, A),
    erlang:send_after(1, clock, "tick"),
    sees(A).

%% The name is looked up when the time comes.
for_a_name_given_later() ->
    A = start('A'),
    erlang:send_after(20, clock, "tick"),
    register(clock, A),
    sees(A).

for_a_name_passed_on() ->
    A = start('A'), B = start('B'),
    register(clock, A),
    erlang:send_after(20, clock, "tick"),
    unregister(clock),
    register(clock, B),
    sees(B), nothing_more(A).

for_a_missing_name() ->
    A = start('A'),
    act(A, fun() ->
        erlang:send_after(1, nobody, "tick"),
        erlang:send_after(20, self(), "tock")
    end),
    sees(A).

no_such_timer() ->
    A = start('A'),
    cancel(A, make_ref()),
    read(A, make_ref()).
