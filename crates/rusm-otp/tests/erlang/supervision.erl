%% What the scenarios about supervisors are made of.
%%
%% A child waits for an answer to each thing it reports (its start, the shutdown it is asked for), so the
%% lines stand in the order in which the supervisor did things. What a scenario makes happen is printed
%% before it happens.
-module(supervision).
-behaviour(supervisor).
-export([reported/1, plan/2, quietly/1, note/1]).
-export([spec/1, spec/2, spec/3, specs/1, nested_spec/4, template/1, start/2, boot/2, dynamic_boot/1, dynamic_boot/2]).
-export([finish/3, end_child/2, is_settled/2, state/1, shut_down/1, sup_ends/1, watch/1, ended/1]).
-export([result/2, start_child/2, terminate_child/2, restart_child/2, delete_child/2, reason_of/1]).
-export([init/1, child/2, dynamic/2, nested/2]).
-import(scenario, [say/2, say/1, reason/1, until/1]).

init({Flags, Specs}) -> {ok, {Flags, Specs}}.

flags(Strategy) when is_atom(Strategy) -> #{strategy => Strategy, intensity => 10, period => 10};
flags(Flags) -> Flags.

spec(Id) -> spec(Id, #{}).
spec(Id, Extra) -> spec(Id, plain, Extra).
spec(Id, Kind, Extra) -> maps:merge(#{id => Id, start => {?MODULE, child, [Id, kind(Kind)]}}, Extra).

%% A start function runs in the supervisor, which has to be told whom to report to.
kind(Kind) -> {Kind, get(reporter)}.

specs(Ids) -> [spec(Id) || Id <- Ids].

boot(Flags, Specs) ->
    {ok, Sup} = quietly(fun() -> start(Flags, Specs) end),
    Sup.

start(Flags, Specs) ->
    process_flag(trap_exit, true),
    Result = nested(Flags, Specs),
    case Result of {ok, Sup} -> put({monitor, Sup}, monitor(process, Sup)); _ -> ok end,
    Result.

nested(Flags, Specs) -> supervisor:start_link(?MODULE, {flags(Flags), Specs}).

nested_spec(Id, Extra, Flags, Specs) ->
    maps:merge(#{id => Id, type => supervisor, start => {?MODULE, nested, [Flags, Specs]}}, Extra).

%% What the children of a simple_one_for_one are made by; each has its id as an argument.
template(Kind) -> #{id => template, start => {?MODULE, dynamic, [kind(Kind)]}}.

dynamic_boot(Extra) -> dynamic_boot(simple_one_for_one, Extra).
dynamic_boot(Flags, Extra) ->
    Sup = boot(Flags, [maps:merge(template(plain), Extra)]),
    quietly(fun() -> [{ok, _} = supervisor:start_child(Sup, [Id]) || Id <- [a, b, c]] end),
    Sup.

%% Has a child end, and waits until the supervisor is done with it.
finish(Sup, Id, How) ->
    say("~s ends: ~s", [Id, reason(reason_of(How))]),
    Pid = note({pid, Id}),
    end_child(Pid, How),
    until(fun() -> is_settled(Sup, Pid) end).

reason_of(shutdown_x) -> {shutdown, x};
reason_of(kill) -> killed;
reason_of(crash) -> boom;
reason_of(How) -> How.

end_child(Pid, kill) -> exit(Pid, kill);
end_child(Pid, crash) -> Pid ! crash;
end_child(Pid, How) -> Pid ! {finish, reason_of(How)}.

is_settled(Sup, Pid) ->
    try supervisor:which_children(Sup) of
        Children -> [] =:= [Child || {_, Child, _, _} <- Children, Child =:= Pid orelse Child =:= restarting]
    catch exit:_ -> true
    end.

state(Sup) ->
    Children = lists:sort([{id(Id, Child), child_state(Child)} || {Id, Child, _, _} <- supervisor:which_children(Sup)]),
    Shown = case Children of
        [] -> "none";
        _ -> lists:join(", ", [io_lib:format("~s ~s", [Id, State]) || {Id, State} <- Children])
    end,
    Count = maps:from_list(supervisor:count_children(Sup)),
    say("children: ~s", [Shown]),
    say("count: specs ~b, active ~b, supervisors ~b, workers ~b",
        [maps:get(Key, Count) || Key <- [specs, active, supervisors, workers]]).

id(undefined, Child) -> note({id, Child});
id(Id, _) -> Id.

child_state(Pid) when is_pid(Pid) -> running;
child_state(State) -> State.

shut_down(Sup) ->
    say("the supervisor is shut down"),
    exit(Sup, shutdown),
    sup_ends(Sup).

sup_ends(Sup) ->
    Monitor = get({monitor, Sup}),
    receive {'DOWN', Monitor, process, Sup, Reason} -> say("the supervisor ends: ~s", [reason(Reason)]) end.

%% The end of a child that cannot report it itself, to be asked for after it.
watch(Id) -> {Id, monitor(process, note({pid, Id}))}.
ended({Id, Monitor}) ->
    receive {'DOWN', Monitor, process, _, Reason} -> say("~s ended: ~s", [Id, reason(Reason)]) end.

result(What, Result) -> say("~s: ~s", [What, shown(Result)]).

shown({ok, Pid}) when is_pid(Pid) -> "ok";
shown({error, {already_started, Pid}}) -> io_lib:format("{error,{already_started,~s}}", [note({id, Pid})]);
%% start_child adds its own record of the child.
shown({error, {Reason, Child}}) when element(1, Child) =:= child -> shown({error, Reason});
shown(Result) -> io_lib:format("~0p", [Result]).

start_child(Sup, Spec) -> result("start_child", supervisor:start_child(Sup, Spec)).
terminate_child(Sup, Id) -> result(["terminate_child ", shown_id(Id)], supervisor:terminate_child(Sup, Id)).
restart_child(Sup, Id) -> result(["restart_child ", shown_id(Id)], supervisor:restart_child(Sup, Id)).
delete_child(Sup, Id) -> result(["delete_child ", shown_id(Id)], supervisor:delete_child(Sup, Id)).

shown_id(Pid) when is_pid(Pid) -> io_lib:format("~s", [note({id, Pid})]);
shown_id(Id) -> atom_to_list(Id).

%%% Children.

dynamic(Kind, Id) -> child(Id, Kind).

child(Id, {Kind, Reporter}) ->
    put(reporter, Reporter),
    case note({start, Id}) of
        ok -> {ok, spawn_child(Id, Kind)};
        fail -> {error, nope};
        ignore -> ignore
    end.

spawn_child(Id, Kind) ->
    {Supervisor, Reporter, Ready} = {self(), get(reporter), make_ref()},
    Pid = spawn_link(fun() ->
        put(reporter, Reporter),
        process_flag(trap_exit, Kind =/= not_trapping),
        note({started, Id, self()}),
        Supervisor ! Ready,
        serve(Id, Kind, Supervisor)
    end),
    receive Ready -> Pid end.

serve(Id, Kind, Supervisor) ->
    receive
        {'EXIT', Supervisor, Reason} -> stop(Id, Kind, Supervisor, Reason);
        {finish, Reason} -> exit(Reason);
        crash -> error(boom)
    end.

stop(Id, stubborn, Supervisor, Reason) ->
    note({say, "~s ignores: ~s", [Id, reason(Reason)]}),
    serve(Id, stubborn, Supervisor);
stop(Id, Kind, _, Reason) ->
    note({say, "stop ~s: ~s", [Id, reason(Reason)]}),
    case Kind of
        slow -> timer:sleep(50), note({say, "~s is done", [Id]}), exit(Reason);
        rude -> exit(because);
        _ -> exit(Reason)
    end.

%%% The reporter: prints what children say, and knows which start is to fail.

reported(Scenario) ->
    {Reporter, Monitor} = spawn_monitor(fun() -> report(#{quiet => false}) end),
    put(reporter, Reporter),
    Scenario(),
    exit(Reporter, kill),
    receive {'DOWN', Monitor, process, _, _} -> ok end.

%% What outlives its scenario ends here.
note(What) ->
    Reporter = get(reporter),
    Monitor = monitor(process, Reporter),
    Reporter ! {self(), Monitor, What},
    receive
        {Monitor, Answer} -> demonitor(Monitor, [flush]), Answer;
        {'DOWN', Monitor, process, Reporter, _} -> exit(over)
    end.

quietly(Fun) ->
    note({quiet, true}),
    Result = Fun(),
    note({quiet, false}),
    Result.

%% The next starts of a child: `fail` or `ignore` each, after which it starts; or `forever` failing.
plan(Id, Starts) -> note({plan, Id, Starts}).

report(State) ->
    receive {From, Ref, What} ->
        {Answer, Next} = report(What, State),
        From ! {Ref, Answer},
        report(Next)
    end.

report({start, Id}, State) ->
    case State of
        #{{plan, Id} := [Start | Starts]} ->
            say("start ~s: ~s", [Id, Start]),
            {Start, State#{{plan, Id} := Starts}};
        #{{plan, Id} := forever} -> {fail, State};
        _ -> {ok, State}
    end;
report({started, Id, Pid}, State) ->
    maps:get(quiet, State) orelse say("start ~s", [Id]),
    {ok, State#{{pid, Id} => Pid, {id, Pid} => Id}};
report({plan, Id, Starts}, State) -> {ok, State#{{plan, Id} => Starts}};
report({quiet, Quiet}, State) -> {ok, State#{quiet := Quiet}};
report({say, Format, Args}, State) -> {say(Format, Args), State};
report(Key, State) -> {maps:get(Key, State), State}.
