%% supervisor(3): boot and shutdown, intensity, failing restarts, trees, auto_shutdown.
-module(supervisors).
-export([scenarios/0]).
-import(supervision, [nested/2, reported/1, plan/2, quietly/1, note/1, spec/1, spec/2, spec/3, specs/1,
                      nested_spec/4, template/1, start/2, boot/2, dynamic_boot/1, dynamic_boot/2, finish/3,
                      end_child/2, is_settled/2, state/1, shut_down/1, sup_ends/1, watch/1, ended/1,
                      result/2, start_child/2, terminate_child/2, reason_of/1]).
-import(scenario, [say/1, say/2, reason/1, until/1]).
-define(S(F), {F, fun() -> reported(fun F/0) end}).

scenarios() ->
    [?S(starts_in_order_and_stops_in_reverse), ?S(a_dynamic_child_stops_first), ?S(intensity_one_for_one),
     ?S(intensity_one_for_all), ?S(intensity_rest_for_one), ?S(intensity_zero),
     ?S(intensity_counts_all_children), ?S(intensity_ignores_ends_without_restart),
     ?S(intensity_forgets_after_the_period), ?S(intensity_of_dynamic_children), ?S(a_start_fails_at_boot),
     ?S(a_start_is_ignored_at_boot), ?S(a_start_of_a_temporary_child_is_ignored_at_boot),
     ?S(two_children_of_one_id_at_boot), ?S(no_children), ?S(a_restart_fails_once),
     ?S(a_restart_fails_once_one_for_all), ?S(a_restart_fails_once_rest_for_one),
     ?S(a_later_restart_fails_one_for_all), ?S(a_later_restart_fails_rest_for_one),
     ?S(a_restart_fails_for_good), ?S(a_restart_fails_for_good_one_for_all), ?S(a_restart_is_ignored),
     ?S(a_dynamic_restart_fails_once), ?S(shutdown_in_time), ?S(shutdown_out_of_time),
     ?S(shutdown_brutal_kill), ?S(shutdown_that_ends_with_another_reason),
     ?S(shutdown_of_a_child_that_does_not_trap), ?S(shutdown_with_a_dead_child),
     ?S(shutdown_of_dynamic_children), ?S(restart_stops_with_the_same_patience), ?S(nested_stop_in_reverse),
     ?S(nested_escalates), ?S(nested_escalates_to_the_top), ?S(nested_and_transient_is_not_restarted),
     ?S(nested_and_killed), ?S(nested_is_counted), ?S(parent_ends_with_shutdown), ?S(parent_ends_normally),
     ?S(parent_crashes), ?S(parent_is_killed), ?S(exit_sent_by_a_stranger), ?S(killed_with_a_child),
     ?S(auto_shutdown_any_by_one), ?S(auto_shutdown_any_by_another), ?S(auto_shutdown_any_by_a_crash),
     ?S(auto_shutdown_any_by_a_temporary_crash), ?S(auto_shutdown_all), ?S(auto_shutdown_all_with_others),
     ?S(auto_shutdown_and_terminate_child), ?S(auto_shutdown_and_escalation),
     ?S(significant_without_auto_shutdown), ?S(significant_and_permanent)].

%%% Boot and shutdown.

starts_in_order_and_stops_in_reverse() ->
    {ok, Sup} = start(one_for_one, specs([a, b, c])),
    state(Sup),
    shut_down(Sup).

a_dynamic_child_stops_first() ->
    Sup = boot(one_for_one, specs([a, b])),
    start_child(Sup, spec(c)),
    shut_down(Sup).

no_children() ->
    {ok, Sup} = start(one_for_one, []),
    state(Sup),
    shut_down(Sup).

a_start_fails_at_boot() ->
    plan(c, [fail]),
    result("start_link", start(one_for_one, specs([a, b, c, d]))).

a_start_is_ignored_at_boot() ->
    plan(b, [ignore]),
    {ok, Sup} = start(one_for_one, specs([a, b, c])),
    state(Sup).

a_start_of_a_temporary_child_is_ignored_at_boot() ->
    plan(b, [ignore]),
    {ok, Sup} = start(one_for_one, [spec(a), spec(b, #{restart => temporary}), spec(c)]),
    state(Sup).

two_children_of_one_id_at_boot() ->
    result("start_link", start(one_for_one, specs([a, b, a]))).

shutdown_in_time() ->
    Sup = boot(one_for_one, [spec(a), spec(b, slow, #{shutdown => infinity}), spec(c)]),
    shut_down(Sup).

shutdown_out_of_time() ->
    Sup = boot(one_for_one, [spec(a), spec(b, stubborn, #{shutdown => 20}), spec(c)]),
    B = watch(b),
    shut_down(Sup),
    ended(B).

shutdown_brutal_kill() ->
    Sup = boot(one_for_one, [spec(a), spec(b, #{shutdown => brutal_kill}), spec(c)]),
    B = watch(b),
    shut_down(Sup),
    ended(B).

shutdown_that_ends_with_another_reason() ->
    Sup = boot(one_for_one, [spec(a), spec(b, rude, #{}), spec(c)]),
    B = watch(b),
    shut_down(Sup),
    ended(B).

shutdown_of_a_child_that_does_not_trap() ->
    Sup = boot(one_for_one, [spec(a), spec(b, not_trapping, #{}), spec(c)]),
    B = watch(b),
    shut_down(Sup),
    ended(B).

shutdown_with_a_dead_child() ->
    Sup = boot(one_for_one, [spec(a), spec(b, #{restart => transient}), spec(c)]),
    finish(Sup, b, normal),
    shut_down(Sup).

%% They are told all at once and end in no order.
shutdown_of_dynamic_children() ->
    Sup = dynamic_boot(template(not_trapping)),
    Children = [watch(Id) || Id <- [a, b, c]],
    shut_down(Sup),
    [ended(Child) || Child <- Children].

restart_stops_with_the_same_patience() ->
    Sup = boot(one_for_all, [spec(a, stubborn, #{shutdown => 20}), spec(b), spec(c, #{shutdown => brutal_kill})]),
    Others = [watch(a), watch(c)],
    finish(Sup, b, crash),
    [ended(Child) || Child <- Others],
    state(Sup).

%%% Intensity.

twice(Strategy) ->
    Sup = boot(#{strategy => Strategy, intensity => 1, period => 10}, specs([a, b, c])),
    finish(Sup, b, crash),
    finish(Sup, b, crash),
    sup_ends(Sup).

intensity_one_for_one() -> twice(one_for_one).
intensity_one_for_all() -> twice(one_for_all).
intensity_rest_for_one() -> twice(rest_for_one).

intensity_zero() ->
    Sup = boot(#{strategy => one_for_one, intensity => 0, period => 1}, specs([a, b, c])),
    finish(Sup, b, kill),
    sup_ends(Sup).

intensity_counts_all_children() ->
    Sup = boot(#{strategy => one_for_one, intensity => 2, period => 10}, specs([a, b, c])),
    finish(Sup, a, crash),
    finish(Sup, b, crash),
    finish(Sup, c, crash),
    sup_ends(Sup).

intensity_ignores_ends_without_restart() ->
    Sup = boot(#{strategy => one_for_one, intensity => 1, period => 10},
               [spec(a, #{restart => temporary}), spec(b, #{restart => transient}), spec(c)]),
    finish(Sup, a, crash),
    finish(Sup, b, normal),
    finish(Sup, c, crash),
    state(Sup).

intensity_forgets_after_the_period() ->
    Sup = boot(#{strategy => one_for_one, intensity => 1, period => 1}, specs([a])),
    finish(Sup, a, crash),
    timer:sleep(2100),
    finish(Sup, a, crash),
    state(Sup).

intensity_of_dynamic_children() ->
    Sup = dynamic_boot(#{strategy => simple_one_for_one, intensity => 1, period => 10},
                       template(not_trapping)),
    Others = [watch(a), watch(c)],
    finish(Sup, b, crash),
    finish(Sup, b, crash),
    sup_ends(Sup),
    [ended(Child) || Child <- Others].

%%% Restarts that fail. Each attempt counts as a restart.

failing(Strategy, Intensity, Id, Starts) ->
    Sup = boot(#{strategy => Strategy, intensity => Intensity, period => 10}, specs([a, b, c])),
    plan(Id, Starts),
    finish(Sup, b, crash),
    Sup.

a_restart_fails_once() -> state(failing(one_for_one, 2, b, [fail])).
a_restart_fails_once_one_for_all() -> state(failing(one_for_all, 2, b, [fail])).
a_restart_fails_once_rest_for_one() -> state(failing(rest_for_one, 2, b, [fail])).
a_later_restart_fails_one_for_all() -> state(failing(one_for_all, 2, c, [fail])).
a_later_restart_fails_rest_for_one() -> state(failing(rest_for_one, 2, c, [fail])).
a_restart_fails_for_good() -> sup_ends(failing(one_for_one, 2, b, [fail, fail, fail, fail])).
a_restart_fails_for_good_one_for_all() -> sup_ends(failing(one_for_all, 2, b, [fail, fail, fail, fail])).
a_restart_is_ignored() -> state(failing(one_for_one, 2, b, [ignore])).

a_dynamic_restart_fails_once() ->
    Sup = dynamic_boot(#{}),
    plan(b, [fail]),
    finish(Sup, b, crash),
    state(Sup).

%%% Supervisors of supervisors.

tree(Extra, Intensity) ->
    Inner = nested_spec(inner, Extra, #{strategy => one_for_one, intensity => 0, period => 10}, specs([b, c])),
    boot(#{strategy => one_for_one, intensity => Intensity, period => 10}, [spec(a), Inner, spec(d)]).

nested_stop_in_reverse() -> shut_down(tree(#{}, 1)).

%% The inner supervisor's end is what the outer one has to be done with.
escalate(Sup, How) ->
    [Inner] = [Pid || {inner, Pid, _, _} <- supervisor:which_children(Sup)],
    say("c ends: ~s", [reason(reason_of(How))]),
    end_child(note({pid, c}), How),
    until(fun() -> is_settled(Sup, Inner) end).

nested_escalates() ->
    Sup = tree(#{}, 1),
    escalate(Sup, crash),
    state(Sup).

nested_escalates_to_the_top() ->
    Sup = tree(#{}, 1),
    escalate(Sup, crash),
    escalate(Sup, crash),
    sup_ends(Sup).

%% It ended with `shutdown`, which is no crash.
nested_and_transient_is_not_restarted() ->
    Sup = tree(#{restart => transient}, 1),
    escalate(Sup, crash),
    state(Sup).

nested_and_killed() ->
    Inner = nested_spec(inner, #{}, one_for_one, [spec(b)]),
    Sup = boot(one_for_one, [Inner]),
    [{inner, Pid, _, _}] = supervisor:which_children(Sup),
    B = quietly(fun() -> watch(b) end),
    say("inner ends: killed"),
    %% Its child and the outer supervisor are told at once, in no order.
    quietly(fun() ->
        exit(Pid, kill),
        until(fun() -> is_settled(Sup, Pid) end)
    end),
    ended(B),
    state(Sup).

nested_is_counted() -> state(tree(#{}, 1)).

%%% What comes from outside.

parent_ends(Reason) ->
    Driver = self(),
    Specs = specs([a, b, c]),
    Parent = spawn(fun() ->
        {ok, Sup} = nested(one_for_one, Specs),
        Driver ! {sup, Sup},
        receive {finish, How} -> exit(How) end
    end),
    Sup = quietly(fun() -> receive {sup, Pid} -> Pid end end),
    put({monitor, Sup}, monitor(process, Sup)),
    say("the parent ends: ~s", [reason(case Reason of kill -> killed; _ -> Reason end)]),
    case Reason of
        kill -> exit(Parent, kill);
        _ -> Parent ! {finish, Reason}
    end,
    sup_ends(Sup).

parent_ends_with_shutdown() -> parent_ends(shutdown).
parent_ends_normally() -> parent_ends(normal).
parent_crashes() -> parent_ends(because).
parent_is_killed() -> parent_ends(kill).

%% A supervisor traps exits and minds only its parent's and its children's.
exit_sent_by_a_stranger() ->
    Sup = boot(one_for_one, specs([a])),
    {Stranger, Monitor} = spawn_monitor(fun() -> exit(Sup, shutdown), exit(Sup, because) end),
    receive {'DOWN', Monitor, process, Stranger, _} -> ok end,
    say("a stranger sent it shutdown, then because"),
    state(Sup).

killed_with_a_child() ->
    Sup = boot(one_for_one, specs([a])),
    A = watch(a),
    say("the supervisor is killed"),
    exit(Sup, kill),
    ended(A),
    sup_ends(Sup).

%%% auto_shutdown.

auto(Which, Specs) -> boot(#{strategy => one_for_one, intensity => 3, period => 10, auto_shutdown => Which}, Specs).

significant(Id) -> spec(Id, #{restart => transient, significant => true}).
transient(Id) -> spec(Id, #{restart => transient}).

auto_shutdown_any_by_one() ->
    Sup = auto(any_significant, [spec(a), significant(b), significant(c)]),
    finish(Sup, b, normal),
    sup_ends(Sup).

auto_shutdown_any_by_another() ->
    Sup = auto(any_significant, [transient(a), significant(b)]),
    finish(Sup, a, normal),
    state(Sup).

auto_shutdown_any_by_a_crash() ->
    Sup = auto(any_significant, [spec(a), significant(b)]),
    finish(Sup, b, crash),
    state(Sup).

auto_shutdown_any_by_a_temporary_crash() ->
    Sup = auto(any_significant, [spec(a), spec(b, #{restart => temporary, significant => true})]),
    finish(Sup, b, crash),
    sup_ends(Sup).

auto_shutdown_all() ->
    Sup = auto(all_significant, [significant(a), significant(b)]),
    finish(Sup, a, normal),
    state(Sup),
    finish(Sup, b, shutdown),
    sup_ends(Sup).

auto_shutdown_all_with_others() ->
    Sup = auto(all_significant, [spec(a), significant(b), transient(c)]),
    finish(Sup, c, normal),
    state(Sup),
    finish(Sup, b, normal),
    sup_ends(Sup).

auto_shutdown_and_terminate_child() ->
    Sup = auto(any_significant, [spec(a), significant(b)]),
    terminate_child(Sup, b),
    state(Sup).

%% The inner one's `shutdown` is no crash to the outer one, where it is transient and significant itself.
auto_shutdown_and_escalation() ->
    Flags = #{strategy => one_for_one, auto_shutdown => any_significant},
    Inner = nested_spec(inner, #{restart => transient, significant => true}, Flags, [spec(b), significant(c)]),
    Sup = auto(any_significant, [spec(a), Inner]),
    escalate(Sup, normal),
    sup_ends(Sup).

significant_without_auto_shutdown() ->
    result("start_link", start(one_for_one, [significant(a)])).

significant_and_permanent() ->
    Flags = #{strategy => one_for_one, auto_shutdown => any_significant},
    result("start_link", start(Flags, [spec(a, #{significant => true})])).
