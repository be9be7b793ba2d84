%% Runs scenarios and prints what happened in them, in words that know no pids.
%%
%% A scenario is a function that drives processes of its own. Each does nothing but what it is told (`act`,
%% `tell`, `ends_with`) and reports its mail to the driver, which prints it when the scenario asks (`sees`).
%% So lines stand in the order of the scenario, and only what Erlang guarantees decides what they say.
%% `main.rs` beside this file has the same steps for rusm-otp.
-module(scenario).
-export([main/0]).
-export([start/1, start_trapping/1, start/2, name/2, act/2, tell/2, ends_with/2, report/2]).
-export([sees/1, sees/2, nothing_more/1, ends/1, alive/1, dead/0, say/1, say/2, reason/1, who/1, until/1]).

%% Bounds a scenario that hangs; none waits for it.
-define(LIMIT, 30000).

%% Prints the scenarios of the modules named on the command line, after `-extra`.
main() ->
    [run(list_to_atom(Subject)) || Subject <- init:get_plain_arguments()],
    halt(0).

run(Subject) ->
    lists:foreach(fun({Name, Scenario}) ->
        io:format("~s~n", [Name]),
        {Driver, Monitor} = spawn_monitor(fun() -> drive(Scenario) end),
        receive
            {'DOWN', Monitor, process, Driver, normal} -> ok;
            {'DOWN', Monitor, process, Driver, Reason} ->
                io:format(standard_error, "~s:~s failed: ~p~n", [Subject, Name, Reason]),
                halt(1)
        end
    end, Subject:scenarios()).

drive(Scenario) ->
    {ok, _} = timer:kill_after(?LIMIT),
    Scenario(),
    [bury(Pid) || {Pid, {name, _}} <- get()].

%% So that its names are free for the next scenario.
bury(Pid) ->
    Monitor = monitor(process, Pid),
    exit(Pid, kill),
    receive {'DOWN', Monitor, process, Pid, _} -> ok end.

%% A process that does what it is told.
start(Name) -> start(Name, fun obey/1).

start_trapping(Name) ->
    Pid = start(Name),
    act(Pid, fun() -> process_flag(trap_exit, true) end),
    Pid.

%% A process with a body of its own, which is given the driver's pid.
start(Name, Body) ->
    Driver = self(),
    name(spawn(fun() -> Body(Driver) end), Name).

%% Makes a process known under a name and returns it.
name(Pid, Name) ->
    put(Pid, {name, Name}),
    put({monitor, Pid}, monitor(process, Pid)),
    Pid.

obey(Driver) ->
    receive
        {act, Ref, Fun} -> Driver ! {acted, Ref, Fun()};
        {tell, Fun} -> Fun();
        Mail -> report(Driver, Mail)
    end,
    obey(Driver).

report(Driver, Mail) -> Driver ! {saw, self(), Mail}.

%% Has a process do something, and waits for the result.
act(Pid, Fun) ->
    Ref = make_ref(),
    Pid ! {act, Ref, Fun},
    receive {acted, Ref, Result} -> Result end.

%% Has a process do something that it may not survive.
tell(Pid, Fun) -> Pid ! {tell, Fun}, ok.

ends_with(Pid, Reason) -> tell(Pid, fun() -> exit(Reason) end).

%% Waits for the next mail of a process.
sees(Pid) ->
    receive {saw, Pid, Mail} -> say_mail(Pid, Mail) end.

%% Waits for the next mail of this kind ('EXIT' or 'DOWN'), whatever came before it.
sees(Pid, Kind) ->
    receive {saw, Pid, Mail} when element(1, Mail) =:= Kind -> say_mail(Pid, Mail) end.

%% All mail that is there by now.
nothing_more(Pid) ->
    act(Pid, fun() -> ok end),
    rest(Pid),
    say("~s sees nothing more", [who(Pid)]).

rest(Pid) ->
    receive {saw, Pid, Mail} -> say_mail(Pid, Mail), rest(Pid) after 0 -> ok end.

%% Waits for the end of a process.
ends(Pid) ->
    Monitor = get({monitor, Pid}),
    receive {'DOWN', Monitor, process, Pid, Reason} -> say("~s ends: ~s", [who(Pid), reason(Reason)]) end.

alive(Pid) -> say("~s is ~s", [who(Pid), case is_process_alive(Pid) of true -> "alive"; false -> "dead" end]).

%% A process that has ended. It is called X.
dead() ->
    {Pid, Monitor} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Monitor, process, Pid, _} -> ok end,
    name(Pid, 'X').

say_mail(Pid, {'EXIT', From, Reason}) -> say("~s sees exit of ~s: ~s", [who(Pid), who(From), reason(Reason)]);
say_mail(Pid, {'DOWN', _, process, Of, Reason}) -> say("~s sees down of ~s: ~s", [who(Pid), who(Of), reason(Reason)]);
say_mail(Pid, Text) -> say("~s sees ~s", [who(Pid), Text]).

say(Text) -> say("~s", [Text]).
say(Format, Args) -> io:format("  " ++ Format ++ "~n", Args).

who(Pid) when Pid =:= self() -> 'driver';
who(Pid) -> {name, Name} = get(Pid), Name.

%% A reason in rusm-otp's words. The stack of an error is left out.
reason(Reason) when Reason =:= normal; Reason =:= shutdown; Reason =:= killed; Reason =:= noproc -> atom_to_list(Reason);
reason({shutdown, _} = Reason) -> term(Reason);
reason({Error, [{_, _, _, _} | _]}) -> reason_of_error(Error);
reason(Reason) -> "crashed: " ++ term(Reason).

reason_of_error(Error) -> "crashed: " ++ term(Error).

term({A, B}) -> lists:flatten(io_lib:format("{~s, ~s}", [term(A), term(B)]));
term(Other) -> lists:flatten(io_lib:format("~p", [Other])).

%% Waits until something holds that nobody is told of.
until(Holds) ->
    case Holds() of
        true -> ok;
        false -> timer:sleep(1), until(Holds)
    end.
