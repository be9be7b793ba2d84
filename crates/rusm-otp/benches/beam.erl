#!/usr/bin/env escript
%%! +P 1048576
%% What the BEAM does of what `examples/compare.rs` measures of rusm-otp, by the same steps and counts.
%%
%%   escript crates/rusm-otp/benches/beam.erl [ROUNDS] [PART]
%%
%% PART is a part of the rows' names. The rows of a round follow one another; medians are printed.
-mode(compile).
-export([main/1, init/1, handle_call/3, handle_cast/2, start_mortal/0]).

-define(SPAWNS, 1000000).
-define(MESSAGES, 2000000).
-define(IDLE, 200000).
-define(RECEIVERS, 10000).
-define(CALLS, 300000).
-define(RESTARTS, 50000).

main(Args) ->
    {Rounds, Part} = case Args of
        [] -> {5, ""};
        [N] -> {list_to_integer(N), ""};
        [N, Text | _] -> {list_to_integer(N), Text}
    end,
    io:format("Erlang/OTP ~s, ~b schedulers, ~b rounds~n",
              [erlang:system_info(otp_release), erlang:system_info(schedulers_online), Rounds]),
    logger:set_primary_config(level, none),
    Rows = [Row || Row = {Name, _, _} <- rows(), string:find(Name, Part) =/= nomatch],
    %% First, while the allocators hold nothing to reuse.
    [print("idle process", idle_bytes(), "bytes") || string:find("idle process", Part) =/= nomatch],
    Figures = [[Count / seconds(Work) || {_, Count, Work} <- Rows] || _ <- lists:seq(1, Rounds)],
    [print(Name, median([lists:nth(N, Round) || Round <- Figures]), "/s")
     || {N, {Name, _, _}} <- lists:enumerate(Rows)].

%% Name, how often the thing is done, and what does it.
rows() ->
    [{"spawn", ?SPAWNS, fun spawns/0},
     {"ping-pong, 1 pair", ?MESSAGES, fun() -> ping_pong(1) end},
     {"ping-pong, 64 pairs", ?MESSAGES, fun() -> ping_pong(64) end},
     {"flood", ?MESSAGES, fun flood/0},
     {"fan-out to 10,000", ?MESSAGES, fun fan_out/0},
     {"call and reply", ?CALLS, fun calls/0},
     {"restart of one child", ?RESTARTS, fun restarts/0}].

print(Name, Figure, Unit) -> io:format("~-36s ~12b ~s~n", [Name, round(Figure), Unit]).

median(Figures) -> lists:nth((length(Figures) + 1) div 2, lists:sort(Figures)).

%% In a process of its own, so that no row finds another's heap. The time is the work's own account of it.
seconds(Work) ->
    {Pid, Monitor} = spawn_monitor(fun() -> exit({took, Work()}) end),
    receive {'DOWN', Monitor, process, Pid, {took, Time}} -> Time / 1.0e9 end.

clock() -> erlang:monotonic_time(nanosecond).
since(Start) -> clock() - Start.

repeat(0, _) -> ok;
repeat(N, Fun) -> Fun(), repeat(N - 1, Fun).

spawns() ->
    Left = atomics:new(1, []),
    atomics:put(Left, 1, ?SPAWNS),
    Waiter = self(),
    Start = clock(),
    repeat(?SPAWNS, fun() ->
        spawn(fun() -> count_down(Left, Waiter) end)
    end),
    receive done -> since(Start) end.

ping_pong(Pairs) ->
    Rounds = ?MESSAGES div Pairs div 2,
    Waiter = self(),
    Start = clock(),
    repeat(Pairs, fun() ->
        Pong = spawn(fun echo/0),
        spawn(fun() -> ping(Rounds, Pong), exit(Pong, kill), Waiter ! done end)
    end),
    repeat(Pairs, fun() -> receive done -> ok end end),
    since(Start).

echo() -> receive {From, Text} -> From ! Text, echo() end.

ping(0, _) -> ok;
ping(N, Pong) -> Pong ! {self(), x}, receive x -> ping(N - 1, Pong) end.

flood() ->
    Waiter = self(),
    Start = clock(),
    Sink = spawn(fun() -> take(?MESSAGES), Waiter ! done end),
    spawn(fun() -> repeat(?MESSAGES, fun() -> Sink ! x end) end),
    receive done -> since(Start) end.

take(0) -> ok;
take(N) -> receive _ -> take(N - 1) end.

%% One process sends to each of many in turn, until all have received all.
fan_out() ->
    Each = ?MESSAGES div ?RECEIVERS,
    Waiter = self(),
    Left = atomics:new(1, []),
    atomics:put(Left, 1, ?RECEIVERS),
    Receivers = [spawn(fun() ->
        take(Each),
        count_down(Left, Waiter)
    end) || _ <- lists:seq(1, ?RECEIVERS)],
    Start = clock(),
    repeat(Each, fun() -> [Receiver ! x || Receiver <- Receivers] end),
    receive done -> since(Start) end.

calls() ->
    {ok, Server} = gen_server:start(?MODULE, server, []),
    Start = clock(),
    repeat(?CALLS, fun() -> pong = gen_server:call(Server, ping) end),
    Time = since(Start),
    gen_server:stop(Server),
    Time.

%% Each child reports its start and is at once told to die. OTP looks through all restarts of the period at
%% each restart, so that one supervisor for all of them would measure a long list: it is a new one for every
%% thousand.
restarts() ->
    register(restarts, self()),
    process_flag(trap_exit, true),
    lists:sum([thousand_restarts() || _ <- lists:seq(1, ?RESTARTS div 1000)]).

thousand_restarts() ->
    {ok, Supervisor} = supervisor:start_link(?MODULE, supervisor),
    Start = clock(),
    repeat(1000, fun() -> receive {started, Pid} -> Pid ! die end end),
    receive {started, _} -> ok end,
    Time = since(Start),
    exit(Supervisor, shutdown),
    receive {'EXIT', Supervisor, _} -> Time end.

start_mortal() ->
    Pid = spawn_link(fun() -> receive die -> exit(because) end end),
    restarts ! {started, Pid},
    {ok, Pid}.

init(server) -> {ok, none};
init(supervisor) ->
    Child = #{id => mortal, start => {?MODULE, start_mortal, []}, shutdown => brutal_kill},
    {ok, {#{intensity => 1000, period => 1}, [Child]}}.

handle_call(ping, _, State) -> {reply, pong, State}.
handle_cast(_, State) -> {noreply, State}.

%% By what the operating system sees, as compare.rs has it.
idle_bytes() ->
    Waiter = self(),
    Others = erlang:processes(),
    Left = atomics:new(1, []),
    atomics:put(Left, 1, ?IDLE),
    erlang:garbage_collect(),
    Before = resident(),
    repeat(?IDLE, fun() -> spawn(fun() -> count_down(Left, Waiter), receive never -> ok end end) end),
    receive done -> ok end,
    Bytes = (resident() - Before) / ?IDLE,
    [exit(Pid, kill) || Pid <- erlang:processes() -- Others],
    Bytes.

%% The last of many wakes the one that waits.
count_down(Left, Waiter) ->
    case atomics:sub_get(Left, 1, 1) of
        0 -> Waiter ! done;
        _ -> ok
    end.

resident() ->
    {ok, Statm} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = binary:split(Statm, <<" ">>, [global]),
    binary_to_integer(Pages) * 4096.
