%% `!` and receive: the order of messages, selective receive, time-outs.
-module(mail).
-export([scenarios/0]).
-import(scenario, [start/1, start/2, act/2, report/2, sees/1, nothing_more/1, ends/1, dead/0]).
-define(S(F), {F, fun F/0}).

scenarios() ->
    [?S(in_the_order_sent), ?S(to_oneself), ?S(to_the_dead), ?S(what_is_skipped_keeps_its_order),
     ?S(a_later_one_first_then_the_rest), ?S(skipped_mail_goes_before_new_mail), ?S(no_time_and_no_mail),
     ?S(no_time_and_mail), ?S(no_time_and_only_unwanted_mail), ?S(a_time_that_runs_out_leaves_the_unwanted),
     ?S(a_down_past_skipped_mail), ?S(unread_mail_ends_with_its_process)].

in_the_order_sent() ->
    A = start('A'),
    [A ! integer_to_list(N) || N <- lists:seq(1, 5)],
    [sees(A) || _ <- lists:seq(1, 5)].

to_oneself() ->
    A = start('A'),
    act(A, fun() -> self() ! "one", self() ! "two" end),
    sees(A), sees(A), nothing_more(A).

to_the_dead() ->
    X = dead(), A = start('A'),
    act(A, fun() -> X ! "hello" end),
    nothing_more(A).

%% A process that waits for "go" and then reports the mail that these texts select, one after the other;
%% `any` is the next one, whichever.
picky(Wanted) ->
    start('A', fun(Driver) ->
        receive "go" -> ok end,
        [report(Driver, pick(Text)) || Text <- Wanted],
        receive never -> ok end
    end).

pick(any) -> receive Mail -> Mail after 0 -> "nothing" end;
pick({poll, Text}) -> receive Text -> Text after 0 -> "no " ++ Text end;
pick({wait, Text}) -> receive Text -> Text after 1 -> "no " ++ Text end;
pick(down) -> receive {'DOWN', _, _, _, _} = Down -> Down end;
pick(Text) -> receive Text -> Text end.

picks(Sent, Wanted) ->
    A = picky(Wanted),
    [A ! Text || Text <- Sent ++ ["go"]],
    [sees(A) || _ <- Wanted].

what_is_skipped_keeps_its_order() -> picks(["1", "2", "3"], [any, any, any, any]).
a_later_one_first_then_the_rest() -> picks(["1", "2", "3", "4"], ["3", any, any, any]).

skipped_mail_goes_before_new_mail() ->
    A = picky(["2", "more", any, any]),
    [A ! Text || Text <- ["go", "1", "2", "3", "more"]],
    [sees(A) || _ <- lists:seq(1, 4)].

no_time_and_no_mail() -> picks([], [any]).
no_time_and_mail() -> picks(["1"], [any, any]).
no_time_and_only_unwanted_mail() -> picks(["1"], [{poll, "2"}, any]).
a_time_that_runs_out_leaves_the_unwanted() -> picks(["1"], [{wait, "2"}, {poll, "1"}, any]).

a_down_past_skipped_mail() ->
    X = dead(),
    A = start('A', fun(Driver) ->
        self() ! "1",
        monitor(process, X),
        [report(Driver, pick(Wanted)) || Wanted <- [down, any]],
        receive never -> ok end
    end),
    sees(A), sees(A).

unread_mail_ends_with_its_process() ->
    A = start('A', fun(_) -> receive "go" -> ok end end),
    A ! "1", A ! "2", A ! "go",
    ends(A).
