%% erlang:exit/1,2, process_flag(trap_exit, _).
-module(exits).
-export([scenarios/0]).
-import(scenario, [start/1, start/2, start_trapping/1, act/2, tell/2, ends_with/2, report/2, sees/1,
                   nothing_more/1, ends/1, alive/1, dead/0, say/2]).
-define(S(F), {F, fun F/0}).

scenarios() ->
    [?S(sent_to_another), ?S(sent_to_another_that_traps), ?S(sent_to_oneself), ?S(sent_to_oneself_trapping),
     ?S(own_end_as_a_link_sees_it), ?S(own_end_when_trapping), ?S(normal_is_ignored_and_life_goes_on),
     ?S(kill_sent_to_another), ?S(kill_sent_to_another_that_traps), ?S(kill_sent_to_oneself),
     ?S(kill_sent_to_oneself_trapping), ?S(the_sender_is_named), ?S(sent_along_a_link_leaves_the_link),
     ?S(sent_to_the_dead), ?S(the_first_of_two_reasons_counts), ?S(a_kill_after_another_reason),
     ?S(a_reason_after_a_normal_one), ?S(trapped_in_the_order_sent), ?S(a_message_before_an_exit),
     ?S(nothing_after_an_exit), ?S(messages_and_exits_of_one_sender), ?S(the_last_words_come_before_the_end),
     ?S(the_flag_tells_what_it_was), ?S(trapping_begun_too_late), ?S(trapping_ended),
     ?S(an_error_when_trapping), ?S(whoever_killed_sees_it_dead)].

reasons() -> [normal, shutdown, {shutdown, x}, killed, noproc, because].

sent_to_another() ->
    [begin
         A = start('A'),
         exit(A, Reason),
         ends(A)
     end || Reason <- reasons() -- [normal]].

sent_to_another_that_traps() ->
    A = start_trapping('A'),
    [begin exit(A, Reason), sees(A) end || Reason <- reasons()],
    alive(A).

sent_to_oneself() ->
    [begin
         A = start('A'),
         tell(A, fun() -> exit(self(), Reason) end),
         ends(A)
     end || Reason <- reasons()].

sent_to_oneself_trapping() ->
    A = start_trapping('A'),
    [begin tell(A, fun() -> exit(self(), Reason) end), sees(A) end || Reason <- reasons()],
    alive(A).

own_end_as_a_link_sees_it() ->
    A = start_trapping('A'),
    [begin
         B = start('B'),
         act(A, fun() -> link(B) end),
         ends_with(B, Reason),
         sees(A)
     end || Reason <- reasons()].

own_end_when_trapping() ->
    [begin
         A = start_trapping('A'),
         ends_with(A, Reason),
         ends(A)
     end || Reason <- reasons()].

normal_is_ignored_and_life_goes_on() ->
    A = start('A'),
    exit(A, normal),
    A ! "hello",
    sees(A), nothing_more(A).

kill_sent_to_another() ->
    A = start('A'),
    exit(A, kill),
    ends(A).

kill_sent_to_another_that_traps() ->
    A = start_trapping('A'), B = start_trapping('B'),
    act(B, fun() -> link(A) end),
    exit(A, kill),
    ends(A), sees(B), alive(B).

kill_sent_to_oneself() ->
    A = start('A'),
    tell(A, fun() -> exit(self(), kill) end),
    ends(A).

kill_sent_to_oneself_trapping() ->
    A = start_trapping('A'),
    tell(A, fun() -> exit(self(), kill) end),
    ends(A).

the_sender_is_named() ->
    A = start('A'), B = start_trapping('B'),
    act(A, fun() -> exit(B, because) end),
    sees(B), alive(A).

sent_along_a_link_leaves_the_link() ->
    A = start('A'), B = start_trapping('B'),
    act(A, fun() -> link(B) end),
    act(A, fun() -> exit(B, first) end),
    sees(B),
    ends_with(A, second),
    sees(B), nothing_more(B).

sent_to_the_dead() ->
    A = start_trapping('A'), X = dead(),
    act(A, fun() -> exit(X, because), exit(X, kill), X ! "hello" end),
    nothing_more(A).

the_first_of_two_reasons_counts() ->
    A = start('A'),
    exit(A, first),
    exit(A, second),
    ends(A).

a_kill_after_another_reason() ->
    A = start('A'),
    exit(A, shutdown),
    exit(A, kill),
    ends(A).

a_reason_after_a_normal_one() ->
    A = start('A'),
    exit(A, normal),
    exit(A, shutdown),
    ends(A).

trapped_in_the_order_sent() ->
    A = start_trapping('A'),
    [exit(A, Reason) || Reason <- reasons()],
    [sees(A) || _ <- reasons()],
    nothing_more(A).

a_message_before_an_exit() ->
    A = start('A'),
    A ! "hello",
    exit(A, normal),
    A ! "again",
    sees(A), sees(A).

nothing_after_an_exit() ->
    A = start('A', fun(Driver) ->
        receive "go" -> ok end,
        receive Mail -> report(Driver, Mail) end
    end),
    exit(A, because),
    A ! "go", A ! "hello",
    ends(A).

messages_and_exits_of_one_sender() ->
    A = start('A'), B = start_trapping('B'),
    act(A, fun() -> link(B) end),
    tell(A, fun() ->
        B ! "one",
        exit(B, two),
        B ! "three",
        exit(B, normal),
        B ! "five",
        exit(six)
    end),
    [sees(B) || _ <- lists:seq(1, 6)],
    nothing_more(B).

the_last_words_come_before_the_end() ->
    A = start('A'), B = start('B'),
    act(B, fun() -> monitor(process, A) end),
    tell(A, fun() -> B ! "last", B ! "words", exit(because) end),
    [sees(B) || _ <- lists:seq(1, 3)].

the_flag_tells_what_it_was() ->
    A = start('A'),
    [say("it was ~s", [act(A, fun() -> process_flag(trap_exit, Flag) end)]) || Flag <- [true, true, false, false]].

trapping_begun_too_late() ->
    A = start('A'),
    tell(A, fun() ->
        exit(self(), because),
        process_flag(trap_exit, true)
    end),
    ends(A).

trapping_ended() ->
    A = start_trapping('A'),
    exit(A, first),
    sees(A),
    act(A, fun() -> process_flag(trap_exit, false) end),
    exit(A, normal),
    nothing_more(A),
    exit(A, second),
    ends(A).

an_error_when_trapping() ->
    A = start_trapping('A'),
    tell(A, fun() -> error(oh) end),
    ends(A).

%% A process waits for its own signals to take effect before it is told whether their receiver lives.
whoever_killed_sees_it_dead() ->
    A = start('A'),
    alive(A),
    exit(A, kill),
    alive(A).
