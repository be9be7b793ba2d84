%% erlang:register/2, unregister/1, whereis/1.
-module(names).
-export([scenarios/0]).
-import(scenario, [start/1, start_trapping/1, act/2, ends_with/2, sees/1, ends/1, dead/0, say/2, who/1]).
-define(S(F), {F, fun F/0}).

scenarios() ->
    [?S(given_and_found), ?S(given_by_another), ?S(taken_by_another), ?S(taken_by_oneself), ?S(given_to_the_dead),
     ?S(a_second_name), ?S(taken_back), ?S(taken_back_by_another), ?S(taken_back_from_nobody), ?S(free_at_the_down),
     ?S(free_at_the_exit), ?S(free_after_a_kill), ?S(taken_again_by_who_was_told), ?S(passed_on_and_the_first_ends),
     ?S(renamed)].

is(Name) ->
    case whereis(Name) of
        undefined -> say("~s is nobody", [Name]);
        Pid -> say("~s is ~s", [Name, who(Pid)])
    end.

register_as(Name, Pid) -> said("register", fun() -> register(Name, Pid) end).
unregister_as(Name) -> said("unregister", fun() -> unregister(Name) end).

said(What, Fun) ->
    say("~s: ~s", [What, try Fun() of true -> "done" catch error:badarg -> "refused" end]).

given_and_found() ->
    A = start('A'),
    is(clock),
    act(A, fun() -> register(clock, self()) end),
    is(clock).

given_by_another() ->
    A = start('A'), B = start('B'),
    act(A, fun() -> register(clock, B) end),
    is(clock).

taken_by_another() ->
    A = start('A'), B = start('B'),
    register_as(clock, A),
    register_as(clock, B),
    is(clock).

taken_by_oneself() ->
    A = start('A'),
    register_as(clock, A),
    register_as(clock, A),
    is(clock).

given_to_the_dead() ->
    register_as(clock, dead()),
    is(clock).

a_second_name() ->
    A = start('A'),
    register_as(clock, A),
    register_as(watch, A),
    is(clock), is(watch).

taken_back() ->
    A = start('A'),
    register_as(clock, A),
    unregister_as(clock),
    is(clock).

taken_back_by_another() ->
    A = start('A'), B = start('B'),
    register_as(clock, A),
    act(B, fun() -> unregister(clock) end),
    is(clock).

taken_back_from_nobody() ->
    unregister_as(clock).

free_at_the_down() ->
    A = start('A'),
    register_as(clock, A),
    ends_with(A, because),
    ends(A),
    is(clock).

free_at_the_exit() ->
    A = start('A'), B = start_trapping('B'),
    register_as(clock, A),
    act(B, fun() -> link(A) end),
    ends_with(A, because),
    sees(B),
    is(clock).

free_after_a_kill() ->
    A = start('A'),
    register_as(clock, A),
    exit(A, kill),
    ends(A),
    is(clock).

taken_again_by_who_was_told() ->
    A = start('A'), B = start('B'),
    register_as(clock, A),
    ends_with(A, because),
    ends(A),
    register_as(clock, B),
    is(clock).

passed_on_and_the_first_ends() ->
    A = start('A'), B = start('B'),
    register_as(clock, A),
    unregister_as(clock),
    register_as(clock, B),
    ends_with(A, because),
    ends(A),
    is(clock).

renamed() ->
    A = start('A'),
    register_as(clock, A),
    unregister_as(clock),
    register_as(watch, A),
    is(clock), is(watch),
    ends_with(A, normal),
    ends(A),
    is(watch).
