%% supervisor(3): what becomes of a, b and c when b ends, for each strategy, restart type and reason. The type
%% is b's alone where the others are permanent (`b_`), or the type of all three (`all_`).
-module(restarts).
-export([scenarios/0]).
-import(supervision, [reported/1, spec/2, boot/2, dynamic_boot/1, finish/3, state/1]).

scenarios() ->
    [row(Strategy, "b_", Type, [permanent, Type, permanent], Reason)
     || Strategy <- strategies(), Type <- types(), Reason <- ends()] ++
    [row(Strategy, "all_", Type, [Type, Type, Type], Reason)
     || Strategy <- strategies(), Type <- [transient, temporary], Reason <- ends()] ++
    [dynamic_row(Type, Reason) || Type <- types(), Reason <- ends()].

strategies() -> [one_for_one, one_for_all, rest_for_one].
types() -> [permanent, transient, temporary].
ends() -> [normal, shutdown, shutdown_x, kill, crash].

row(Strategy, Set, Type, Types, Reason) ->
    {lists:concat([Strategy, "_", Set, Type, "_", Reason]), fun() -> reported(fun() ->
        Sup = boot(Strategy, [spec(Id, #{restart => T}) || {Id, T} <- lists:zip([a, b, c], Types)]),
        finish(Sup, b, Reason),
        state(Sup)
    end) end}.

dynamic_row(Type, Reason) ->
    {lists:concat(["simple_one_for_one_", Type, "_", Reason]), fun() -> reported(fun() ->
        Sup = dynamic_boot(#{restart => Type}),
        finish(Sup, b, Reason),
        state(Sup)
    end) end}.
