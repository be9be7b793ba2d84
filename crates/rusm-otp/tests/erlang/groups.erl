%% pg(3): groups of processes.
-module(groups).
-export([scenarios/0]).
-import(scenario, [start/1, act/2, ends_with/2, ends/1, dead/0, say/2, who/1, until/1]).
-define(S(F), {F, fun() -> in_scope(fun F/0) end}).
-define(SCOPE, a_scope).

scenarios() ->
    [?S(join_and_leave), ?S(joined_twice), ?S(joined_twice_and_left_once), ?S(joined_several_at_once),
     ?S(left_several_at_once), ?S(left_without_having_joined), ?S(left_a_group_that_is_not), ?S(joined_by_another),
     ?S(a_group_that_is_not), ?S(a_group_is_gone_with_its_last_member), ?S(an_end_leaves),
     ?S(an_end_leaves_all_groups), ?S(an_end_leaves_as_often_as_joined), ?S(a_kill_leaves), ?S(joined_by_the_dead),
     ?S(groups_are_told_apart), ?S(a_watch_tells_who_is_there), ?S(a_watch_tells_of_joins_and_leaves),
     ?S(a_watch_tells_of_an_end), ?S(a_watch_taken_back), ?S(a_watch_of_one_group_is_of_no_other),
     ?S(a_watch_of_all_groups)].

in_scope(Scenario) ->
    {ok, Pg} = pg:start(?SCOPE),
    Scenario(),
    gen_server:stop(Pg).

join(Group, Members) -> say("join: ~0p", [pg:join(?SCOPE, Group, Members)]).
leave(Group, Members) -> say("leave: ~0p", [pg:leave(?SCOPE, Group, Members)]).
members(Group) -> say("~s: ~s", [Group, shown(pg:get_members(?SCOPE, Group))]).
groups() -> say("groups: ~0p", [lists:sort(pg:which_groups(?SCOPE))]).

%% Their order is not told.
shown([]) -> "nobody";
shown(Pids) -> lists:join(" ", lists:sort([atom_to_list(who(Pid)) || Pid <- Pids])).

%% Nobody is told when pg has learnt of an end.
until_left(Group, Pid) -> until(fun() -> not lists:member(Pid, pg:get_members(?SCOPE, Group)) end).

join_and_leave() ->
    A = start('A'),
    join(chat, A), members(chat),
    leave(chat, A), members(chat).

joined_twice() ->
    A = start('A'), B = start('B'),
    join(chat, A), join(chat, B), join(chat, A),
    members(chat).

joined_twice_and_left_once() ->
    A = start('A'),
    join(chat, A), join(chat, A),
    leave(chat, A), members(chat),
    leave(chat, A), members(chat),
    leave(chat, A).

joined_several_at_once() ->
    A = start('A'), B = start('B'),
    join(chat, [A, B, A]), members(chat).

left_several_at_once() ->
    A = start('A'), B = start('B'), C = start('C'),
    join(chat, [A, B]),
    leave(chat, [A, C]), members(chat),
    leave(chat, [C]).

left_without_having_joined() ->
    A = start('A'), B = start('B'),
    join(chat, A),
    leave(chat, B), members(chat).

left_a_group_that_is_not() -> leave(chat, start('A')).

joined_by_another() ->
    A = start('A'), B = start('B'),
    act(B, fun() -> pg:join(?SCOPE, chat, A) end),
    members(chat),
    ends_with(B, because),
    ends(B),
    members(chat).

a_group_that_is_not() -> members(chat), groups().

a_group_is_gone_with_its_last_member() ->
    A = start('A'), B = start('B'),
    join(chat, [A, B]), groups(),
    leave(chat, A), groups(),
    leave(chat, B), groups().

an_end_leaves() ->
    A = start('A'), B = start('B'),
    join(chat, [A, B]),
    ends_with(A, normal),
    until_left(chat, A),
    members(chat).

an_end_leaves_all_groups() ->
    A = start('A'), B = start('B'),
    join(chat, [A, B]), join(news, A),
    ends_with(A, because),
    until_left(chat, A), until_left(news, A),
    members(chat), members(news), groups().

an_end_leaves_as_often_as_joined() ->
    A = start('A'), B = start('B'),
    join(chat, [A, B, A]),
    ends_with(A, because),
    until_left(chat, A),
    members(chat).

a_kill_leaves() ->
    A = start('A'),
    join(chat, A),
    exit(A, kill),
    until_left(chat, A),
    members(chat).

%% It is a member until pg has looked.
joined_by_the_dead() ->
    X = dead(),
    join(chat, X),
    until_left(chat, X),
    members(chat), groups().

groups_are_told_apart() ->
    A = start('A'), B = start('B'),
    join(chat, A), join(news, B),
    members(chat), members(news),
    leave(news, A).

watch(Group) ->
    {Ref, Pids} = pg:monitor(?SCOPE, Group),
    say("there: ~s", [shown(Pids)]),
    Ref.

event(Ref) ->
    receive {Ref, What, Group, Pids} -> say("~s ~s: ~s", [What, Group, shown(Pids)]) end.

%% pg has told by the time it answers the call that made it happen.
no_more_events(Ref) ->
    receive {Ref, What, Group, Pids} -> say("~s ~s: ~s", [What, Group, shown(Pids)]), no_more_events(Ref)
    after 0 -> say("no more events", [])
    end.

a_watch_tells_who_is_there() ->
    A = start('A'), B = start('B'),
    watch(chat),
    join(chat, [A, B]),
    watch(chat).

a_watch_tells_of_joins_and_leaves() ->
    A = start('A'), B = start('B'),
    Ref = watch(chat),
    join(chat, A), join(chat, [A, B]), leave(chat, A), leave(chat, [A, B]),
    [event(Ref) || _ <- lists:seq(1, 4)],
    no_more_events(Ref).

%% As often as the process had joined.
a_watch_tells_of_an_end() ->
    A = start('A'), B = start('B'),
    join(chat, [A, B, A]),
    Ref = watch(chat),
    ends_with(A, because),
    event(Ref), event(Ref),
    leave(chat, A),
    no_more_events(Ref).

a_watch_taken_back() ->
    A = start('A'),
    Ref = watch(chat),
    say("taken back: ~0p", [pg:demonitor(?SCOPE, Ref)]),
    say("taken back: ~0p", [pg:demonitor(?SCOPE, Ref)]),
    join(chat, A),
    no_more_events(Ref).

a_watch_of_one_group_is_of_no_other() ->
    A = start('A'),
    Ref = watch(chat),
    join(news, A), join(chat, A),
    event(Ref),
    no_more_events(Ref).

a_watch_of_all_groups() ->
    A = start('A'), B = start('B'),
    join(chat, A),
    {Ref, There} = pg:monitor_scope(?SCOPE),
    [say("there, ~s: ~s", [Group, shown(Pids)]) || {Group, Pids} <- lists:sort(maps:to_list(There))],
    join(news, B), leave(chat, A),
    event(Ref), event(Ref).
