%% supervisor(3): start_child, terminate_child, restart_child, delete_child, and places in the order.
-module(children).
-export([scenarios/0]).
-import(supervision, [reported/1, plan/2, note/1, spec/1, spec/2, specs/1, boot/2, dynamic_boot/1, finish/3, state/1, shut_down/1, result/2, start_child/2,
                      terminate_child/2, restart_child/2, delete_child/2]).
-import(scenario, [say/1, until/1]).
-define(S(F), {F, fun() -> reported(fun F/0) end}).

scenarios() ->
    [?S(start_child_new), ?S(start_child_running), ?S(start_child_stopped), ?S(start_child_failing),
     ?S(start_child_ignored), ?S(start_child_temporary_ignored), ?S(start_child_dynamic),
     ?S(start_child_dynamic_failing), ?S(start_child_dynamic_ignored), ?S(terminate_child_running),
     ?S(terminate_child_stopped), ?S(terminate_child_unknown), ?S(terminate_child_temporary),
     ?S(terminate_child_dynamic), ?S(terminate_child_dynamic_stranger), ?S(terminate_child_dynamic_by_id),
     ?S(terminate_child_counts_no_restart), ?S(terminate_child_that_ended_normally),
     ?S(restart_child_running), ?S(restart_child_stopped), ?S(restart_child_unknown),
     ?S(restart_child_that_ended_normally), ?S(restart_child_failing), ?S(restart_child_ignored),
     ?S(restart_child_dynamic), ?S(delete_child_running), ?S(delete_child_stopped), ?S(delete_child_unknown),
     ?S(delete_child_that_ended_normally), ?S(delete_child_temporary), ?S(delete_child_dynamic),
     ?S(while_restarting), ?S(terminate_child_while_restarting), ?S(a_stopped_child_and_one_for_one),
     ?S(a_stopped_child_and_one_for_all), ?S(a_stopped_child_and_rest_for_one),
     ?S(a_restarted_child_keeps_its_place), ?S(a_deleted_child_loses_its_place)].

%%% start_child, terminate_child, restart_child, delete_child.

start_child_new() ->
    Sup = boot(one_for_one, specs([a])),
    start_child(Sup, spec(b)),
    state(Sup).

start_child_running() ->
    Sup = boot(one_for_one, specs([a, b])),
    start_child(Sup, spec(b)),
    state(Sup).

start_child_stopped() ->
    Sup = boot(one_for_one, specs([a, b])),
    terminate_child(Sup, b),
    start_child(Sup, spec(b)),
    state(Sup).

start_child_failing() ->
    Sup = boot(one_for_one, specs([a])),
    plan(b, [fail]),
    start_child(Sup, spec(b)),
    state(Sup).

start_child_ignored() ->
    Sup = boot(one_for_one, specs([a])),
    plan(b, [ignore]),
    start_child(Sup, spec(b)),
    state(Sup).

start_child_temporary_ignored() ->
    Sup = boot(one_for_one, specs([a])),
    plan(b, [ignore]),
    start_child(Sup, spec(b, #{restart => temporary})),
    state(Sup).

start_child_dynamic() ->
    Sup = dynamic_boot(#{}),
    start_child(Sup, [d]),
    state(Sup).

start_child_dynamic_failing() ->
    Sup = dynamic_boot(#{}),
    plan(d, [fail]),
    start_child(Sup, [d]),
    state(Sup).

start_child_dynamic_ignored() ->
    Sup = dynamic_boot(#{}),
    plan(d, [ignore]),
    start_child(Sup, [d]),
    state(Sup).

terminate_child_running() ->
    Sup = boot(one_for_one, specs([a, b, c])),
    terminate_child(Sup, b),
    state(Sup).

terminate_child_stopped() ->
    Sup = boot(one_for_one, specs([a, b, c])),
    terminate_child(Sup, b),
    terminate_child(Sup, b),
    state(Sup).

terminate_child_unknown() ->
    Sup = boot(one_for_one, specs([a])),
    terminate_child(Sup, b).

terminate_child_temporary() ->
    Sup = boot(one_for_one, [spec(a), spec(b, #{restart => temporary})]),
    terminate_child(Sup, b),
    terminate_child(Sup, b),
    state(Sup).

terminate_child_that_ended_normally() ->
    Sup = boot(one_for_one, [spec(a), spec(b, #{restart => transient})]),
    finish(Sup, b, normal),
    terminate_child(Sup, b),
    state(Sup).

terminate_child_dynamic() ->
    Sup = dynamic_boot(#{}),
    B = note({pid, b}),
    terminate_child(Sup, B),
    terminate_child(Sup, B),
    state(Sup).

%% Whoever is dead counts as terminated; a living stranger does not.
terminate_child_dynamic_stranger() ->
    Sup = dynamic_boot(#{}),
    result("terminate_child of another process", supervisor:terminate_child(Sup, self())),
    {Dead, Monitor} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Monitor, process, Dead, _} -> ok end,
    result("terminate_child of a dead process", supervisor:terminate_child(Sup, Dead)).

terminate_child_dynamic_by_id() ->
    Sup = dynamic_boot(#{}),
    terminate_child(Sup, template).

terminate_child_counts_no_restart() ->
    Sup = boot(#{strategy => one_for_one, intensity => 0, period => 10}, specs([a, b])),
    terminate_child(Sup, b),
    restart_child(Sup, b),
    state(Sup).

restart_child_running() ->
    Sup = boot(one_for_one, specs([a, b])),
    restart_child(Sup, b),
    state(Sup).

restart_child_stopped() ->
    Sup = boot(one_for_one, specs([a, b])),
    terminate_child(Sup, b),
    restart_child(Sup, b),
    state(Sup).

restart_child_unknown() ->
    Sup = boot(one_for_one, specs([a])),
    restart_child(Sup, b).

restart_child_that_ended_normally() ->
    Sup = boot(one_for_one, [spec(a), spec(b, #{restart => transient})]),
    finish(Sup, b, normal),
    restart_child(Sup, b),
    state(Sup).

restart_child_failing() ->
    Sup = boot(one_for_one, specs([a, b])),
    terminate_child(Sup, b),
    plan(b, [fail]),
    restart_child(Sup, b),
    state(Sup).

restart_child_ignored() ->
    Sup = boot(one_for_one, specs([a, b])),
    terminate_child(Sup, b),
    plan(b, [ignore]),
    restart_child(Sup, b),
    state(Sup).

restart_child_dynamic() ->
    Sup = dynamic_boot(#{}),
    restart_child(Sup, template).

delete_child_running() ->
    Sup = boot(one_for_one, specs([a, b])),
    delete_child(Sup, b),
    state(Sup).

delete_child_stopped() ->
    Sup = boot(one_for_one, specs([a, b])),
    terminate_child(Sup, b),
    delete_child(Sup, b),
    delete_child(Sup, b),
    start_child(Sup, spec(b)),
    state(Sup).

delete_child_unknown() ->
    Sup = boot(one_for_one, specs([a])),
    delete_child(Sup, b).

delete_child_that_ended_normally() ->
    Sup = boot(one_for_one, [spec(a), spec(b, #{restart => transient})]),
    finish(Sup, b, normal),
    delete_child(Sup, b),
    state(Sup).

delete_child_temporary() ->
    Sup = boot(one_for_one, [spec(a), spec(b, #{restart => temporary})]),
    finish(Sup, b, normal),
    delete_child(Sup, b),
    restart_child(Sup, b),
    state(Sup).

delete_child_dynamic() ->
    Sup = dynamic_boot(#{}),
    delete_child(Sup, template).

while_restarting() ->
    Sup = restarting(),
    state(Sup),
    restart_child(Sup, b),
    delete_child(Sup, b),
    start_child(Sup, spec(b)).

terminate_child_while_restarting() ->
    Sup = restarting(),
    terminate_child(Sup, b),
    state(Sup),
    restart_child(Sup, b).

%% No attempt to restart b succeeds, and there is no end to them: it is restarting whenever one asks.
restarting() ->
    Sup = boot(#{strategy => one_for_one, intensity => 1000000, period => 10}, specs([a, b])),
    plan(b, forever),
    say("b ends: killed, and no restart succeeds"),
    note({quiet, true}),
    exit(note({pid, b}), kill),
    until(fun() -> lists:keymember(restarting, 2, supervisor:which_children(Sup)) end),
    Sup.

%%% Places in the order.

a_stopped_child_and_one_for_one() ->
    Sup = boot(one_for_one, specs([a, b, c])),
    terminate_child(Sup, c),
    finish(Sup, b, crash),
    state(Sup).

a_stopped_child_and_one_for_all() ->
    Sup = boot(one_for_all, specs([a, b, c])),
    terminate_child(Sup, a),
    finish(Sup, b, crash),
    state(Sup).

a_stopped_child_and_rest_for_one() ->
    Sup = boot(rest_for_one, specs([a, b, c])),
    terminate_child(Sup, a),
    terminate_child(Sup, c),
    finish(Sup, b, crash),
    state(Sup).

a_restarted_child_keeps_its_place() ->
    Sup = boot(one_for_one, specs([a, b, c])),
    terminate_child(Sup, a),
    restart_child(Sup, a),
    shut_down(Sup).

a_deleted_child_loses_its_place() ->
    Sup = boot(one_for_one, specs([a, b, c])),
    terminate_child(Sup, a),
    delete_child(Sup, a),
    start_child(Sup, spec(a)),
    shut_down(Sup).
