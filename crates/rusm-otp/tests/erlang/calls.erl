%% gen_server(3): calls, casts, starting, and when terminate is called.
-module(calls).
-behaviour(gen_server).
-export([scenarios/0, init/1, handle_call/3, handle_cast/2, handle_info/2, handle_continue/2, terminate/2]).
-import(scenario, [start/1, act/2, tell/2, name/2, sees/1, dead/0, say/1, say/2, reason/1]).
-define(S(F), {F, fun F/0}).

scenarios() ->
    [?S(an_answer), ?S(an_answer_later), ?S(an_answer_by_another_process), ?S(answers_in_another_order),
     ?S(a_call_to_the_dead), ?S(a_call_to_a_missing_name), ?S(a_call_to_oneself),
     ?S(a_server_that_ends_during_the_call), ?S(a_server_that_crashes_during_the_call),
     ?S(a_server_that_is_killed_during_the_call), ?S(a_server_that_stops_with_an_answer), ?S(a_call_without_answer_in_time),
     ?S(a_late_answer), ?S(a_caller_that_ends_before_the_answer), ?S(casts_before_a_call), ?S(a_cast_to_nobody),
     ?S(a_message_that_is_no_call), ?S(a_continuation_before_all_mail), ?S(started), ?S(a_start_that_stops),
     ?S(a_start_that_stops_linked), ?S(a_start_that_crashes), ?S(a_start_that_exits), ?S(a_start_that_is_ignored),
     ?S(a_start_that_takes_too_long), ?S(a_start_under_a_taken_name), ?S(a_failed_start_leaves_its_name_free)] ++
    [{lists:concat(["terminate_", Way, Suffix]), fun() -> ending(Way, Trap) end}
     || Way <- ways(), {Trap, Suffix} <- [{false, ""}, {true, "_trapping"}]].

%%% The server. It does as each call, cast and its start say.

init(Start) -> Start().
handle_call(Fun, From, State) -> Fun(From, State).
handle_cast(Fun, State) -> Fun(State).
handle_continue(Fun, State) -> Fun(State).
handle_info(Info, {told, Driver}) -> scenario:report(Driver, Info), {noreply, {told, Driver}};
handle_info(Info, State) -> {noreply, [Info | State]}.
terminate(Reason, {told, Driver}) -> Driver ! {terminated, self(), Reason};
terminate(_, _) -> ok.

server() ->
    {ok, Server} = gen_server:start(?MODULE, fun() -> {ok, []} end, []),
    name(Server, 'S').

call(Server, Fun) -> call(Server, Fun, infinity).
call(Server, Fun, Timeout) ->
    say("call: ~s", [try gen_server:call(Server, Fun, Timeout) catch exit:{Reason, _} -> "fails, " ++ failure(Reason) end]).

failure(Reason) when Reason =:= timeout; Reason =:= calling_self -> atom_to_list(Reason);
failure(Reason) -> reason(Reason).

answer(Text) -> fun(_, State) -> {reply, Text, State} end.

%% Keeps the caller for later.
keep() -> fun(From, State) -> {noreply, [From | State]} end.

%% What is left in the mailbox, but for the ends of the scenario's processes.
mailbox() ->
    receive
        {'DOWN', _, process, _, _} -> mailbox();
        Mail -> say("mail: ~0p", [Mail]), mailbox()
    after 0 -> say("no mail")
    end.

%%% Calls and casts.

an_answer() -> call(server(), answer("hello")).

an_answer_later() ->
    Server = server(), A = start('A'),
    tell_call(A, Server, keep()),
    until_kept(Server, 1),
    gen_server:cast(Server, fun([From]) -> gen_server:reply(From, "later"), {noreply, []} end),
    sees(A).

%% Has a process call, and take what comes for its next mail.
tell_call(A, Server, Fun) -> tell(A, fun() -> self() ! gen_server:call(Server, Fun, infinity) end).

until_kept(Server, Count) ->
    scenario:until(fun() -> gen_server:call(Server, fun(_, State) -> {reply, length(State) =:= Count, State} end) end).

an_answer_by_another_process() ->
    Server = server(), A = start('A'), B = start('B'),
    tell_call(A, Server, keep()),
    until_kept(Server, 1),
    [From] = gen_server:call(Server, fun(_, State) -> {reply, State, []} end),
    act(B, fun() -> gen_server:reply(From, "by another") end),
    sees(A).

answers_in_another_order() ->
    Server = server(), A = start('A'), B = start('B'),
    tell_call(A, Server, keep()),
    until_kept(Server, 1),
    tell_call(B, Server, keep()),
    until_kept(Server, 2),
    gen_server:cast(Server, fun([ForB, ForA]) ->
        gen_server:reply(ForB, "to B"),
        gen_server:reply(ForA, "to A"),
        {noreply, []}
    end),
    sees(A), sees(B).

a_call_to_the_dead() ->
    call(dead(), answer("hello")).

a_call_to_a_missing_name() ->
    call(nobody, answer("hello")).

a_call_to_oneself() ->
    call(self(), answer("hello")).

a_server_that_ends_during_the_call() ->
    [call(server(), fun(_, State) -> {stop, Reason, State} end)
     || Reason <- [normal, shutdown, {shutdown, x}, because]],
    mailbox().

a_server_that_crashes_during_the_call() ->
    call(server(), fun(_, _) -> error(boom) end).

a_server_that_is_killed_during_the_call() ->
    call(server(), fun(_, _) -> exit(self(), kill) end).

a_server_that_stops_with_an_answer() ->
    Server = server(),
    call(Server, fun(_, State) -> {stop, because, "last words", State} end),
    scenario:ends(Server).

a_call_without_answer_in_time() ->
    Server = server(),
    call(Server, keep(), 1),
    call(Server, answer("it lives")).

a_late_answer() ->
    Server = server(),
    call(Server, keep(), 1),
    gen_server:cast(Server, fun([From]) -> gen_server:reply(From, "late"), {noreply, []} end),
    call(Server, answer("after it")),
    mailbox().

a_caller_that_ends_before_the_answer() ->
    Server = server(), A = start('A'),
    tell_call(A, Server, keep()),
    until_kept(Server, 1),
    exit(A, kill),
    scenario:ends(A),
    gen_server:cast(Server, fun([From]) -> gen_server:reply(From, "too late"), {noreply, []} end),
    call(Server, answer("it lives")).

casts_before_a_call() ->
    Server = server(),
    [gen_server:cast(Server, fun(State) -> {noreply, [N | State]} end) || N <- [$1, $2, $3]],
    call(Server, fun(_, State) -> {reply, lists:reverse(State), State} end).

a_cast_to_nobody() ->
    say("cast to the dead: ~s", [gen_server:cast(dead(), hello)]),
    say("cast to a missing name: ~s", [gen_server:cast(nobody, hello)]),
    mailbox().

a_message_that_is_no_call() ->
    Server = server(),
    Server ! $1, Server ! $2,
    call(Server, fun(_, State) -> {reply, lists:reverse(State), State} end).

a_continuation_before_all_mail() ->
    {ok, Server} = gen_server:start(?MODULE, fun() ->
        self() ! $2,
        {ok, [], {continue, fun(State) -> {noreply, [$1 | State]} end}}
    end, []),
    call(Server, fun(_, State) -> {reply, lists:reverse(State), State} end).

%%% Starting.

started(How, Fun) -> started(How, [], Fun).
started(How, Options, Fun) ->
    process_flag(trap_exit, true),
    Result = gen_server:How(?MODULE, Fun, Options),
    say("~s: ~s", [How, case Result of
        {ok, _} -> "ok";
        ignore -> "ignore";
        {error, timeout} -> "error, timeout";
        {error, Reason} -> "error, " ++ reason(Reason)
    end]).

exit_mail() ->
    receive {'EXIT', _, Reason} -> say("exit of it: ~s", [reason(Reason)]) end.

started() -> started(start, fun() -> {ok, []} end).
a_start_that_stops() -> started(start, fun() -> {stop, because} end), mailbox().
a_start_that_stops_linked() -> started(start_link, fun() -> {stop, because} end), exit_mail(), mailbox().
a_start_that_crashes() -> started(start_link, fun() -> error(boom) end), exit_mail(), mailbox().
a_start_that_exits() -> started(start_link, fun() -> exit(shutdown) end), exit_mail(), mailbox().
a_start_that_is_ignored() -> started(start_link, fun() -> ignore end), exit_mail(), mailbox().

a_start_that_takes_too_long() ->
    started(start, [{timeout, 1}], fun() -> receive never -> ok end end),
    mailbox().

a_start_under_a_taken_name() ->
    {ok, First} = gen_server:start({local, taken}, ?MODULE, fun() -> {ok, []} end, []),
    {error, {already_started, Holder}} = gen_server:start({local, taken}, ?MODULE, fun() -> {ok, []} end, []),
    say("start: error, already started, by the first: ~s", [Holder =:= First]),
    gen_server:stop(First).

a_failed_start_leaves_its_name_free() ->
    {error, because} = gen_server:start({local, taken}, ?MODULE, fun() -> {stop, because} end, []),
    say("start: error, crashed: because"),
    say("the name is ~s", [case whereis(taken) of undefined -> "free"; _ -> "taken" end]).

%%% Each way to end.

ways() ->
    [stop_normal, stop_because, crash, exit_in_a_callback, told_to_stop, told_to_stop_with_shutdown,
     parent_shutdown, parent_normal, parent_crash, shutdown_from_a_stranger, link_crash, kill].

ending(Way, Trap) ->
    Driver = self(), Parent = start('P'), Peer = start('L'),
    {ok, Server} = act(Parent, fun() ->
        process_flag(trap_exit, lists:member(Way, [stop_because, crash, exit_in_a_callback, link_crash, kill,
                                                   told_to_stop_with_shutdown, shutdown_from_a_stranger])),
        gen_server:start_link(?MODULE, fun() ->
            process_flag(trap_exit, Trap),
            link(Peer),
            {ok, {told, Driver}}
        end, [])
    end),
    name(Server, 'S'),
    finish(Way, Server, Parent, Peer),
    %% Who does not trap is not told of a normal end.
    case {Way, Trap} of
        {parent_normal, false} -> scenario:ends(Parent), scenario:alive(Server);
        _ -> outcome(Server)
    end.

outcome(Server) ->
    receive
        {saw, Server, {'EXIT', From, Reason}} ->
            say("handle_info: exit of ~s: ~s", [scenario:who(From), reason(Reason)]);
        {'DOWN', _, process, Server, Reason} ->
            receive {terminated, Server, With} -> say("terminate: ~s", [reason(With)])
            after 0 -> say("terminate is not called")
            end,
            say("S ends: ~s", [reason(Reason)])
    end.

finish(stop_normal, Server, _, _) -> gen_server:cast(Server, fun(State) -> {stop, normal, State} end);
finish(stop_because, Server, _, _) -> gen_server:cast(Server, fun(State) -> {stop, because, State} end);
finish(crash, Server, _, _) -> gen_server:cast(Server, fun(_) -> error(boom) end);
finish(exit_in_a_callback, Server, _, _) -> gen_server:cast(Server, fun(_) -> exit(because) end);
finish(told_to_stop, Server, _, _) -> spawn(fun() -> gen_server:stop(Server) end);
finish(told_to_stop_with_shutdown, Server, _, _) -> spawn(fun() -> gen_server:stop(Server, shutdown, infinity) end);
finish(parent_shutdown, Server, Parent, _) -> tell(Parent, fun() -> exit(Server, shutdown) end);
finish(parent_normal, _, Parent, _) -> scenario:ends_with(Parent, normal);
finish(parent_crash, _, Parent, _) -> scenario:ends_with(Parent, because);
finish(shutdown_from_a_stranger, Server, _, _) -> exit(Server, shutdown);
finish(link_crash, _, _, Peer) -> scenario:ends_with(Peer, because);
finish(kill, Server, _, _) -> exit(Server, kill).
