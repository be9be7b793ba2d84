%% erlang:link/1, unlink/1, spawn_link/1.
-module(links).
-export([scenarios/0]).
-import(scenario, [start/1, start_trapping/1, name/2, act/2, tell/2, ends_with/2, sees/1, nothing_more/1,
                   ends/1, alive/1, dead/0]).
-define(S(F), {F, fun F/0}).

scenarios() ->
    [?S(a_crash_ends_who_linked), ?S(a_crash_ends_who_was_linked_to), ?S(a_normal_end_is_ignored),
     ?S(a_normal_end_is_mail_when_trapped), ?S(an_error_carries_its_text), ?S(a_chain_falls_with_one_reason),
     ?S(a_chain_stops_where_it_is_trapped), ?S(a_ring_falls_whole), ?S(a_star_falls_whole),
     ?S(killed_passes_through_two_links), ?S(to_exit_with_kill_kills_no_link),
     ?S(to_exit_with_killed_is_an_ordinary_reason), ?S(two_links_are_one), ?S(one_unlink_undoes_two_links),
     ?S(an_unlink_from_the_other_side), ?S(an_unlink_of_a_stranger), ?S(an_unlink_of_oneself),
     ?S(a_link_made_again_holds), ?S(a_link_to_oneself), ?S(a_link_to_the_dead_when_trapping),
     ?S(a_link_to_the_dead_without_trapping), ?S(a_link_to_the_dead_then_unlinked),
     ?S(a_trapped_end_uses_the_link_up), ?S(spawned_linked_and_over_at_once),
     ?S(spawned_linked_and_the_parent_crashes), ?S(spawned_linked_and_the_parent_ends_normally)].

linked() ->
    A = start('A'), B = start('B'),
    act(A, fun() -> link(B) end),
    {A, B}.

a_crash_ends_who_linked() ->
    {A, B} = linked(),
    ends_with(B, because),
    ends(B), ends(A).

a_crash_ends_who_was_linked_to() ->
    {A, B} = linked(),
    ends_with(A, because),
    ends(A), ends(B).

a_normal_end_is_ignored() ->
    {A, B} = linked(),
    ends_with(B, normal),
    ends(B), nothing_more(A), alive(A).

a_normal_end_is_mail_when_trapped() ->
    {A, B} = linked(),
    act(A, fun() -> process_flag(trap_exit, true) end),
    ends_with(B, normal),
    sees(A), nothing_more(A).

an_error_carries_its_text() ->
    A = start_trapping('A'), B = start('B'),
    act(A, fun() -> link(B) end),
    tell(B, fun() -> error(oh) end),
    sees(A), ends(B).

chain(Names) -> chain(Names, []).
chain([], Pids) -> lists:reverse(Pids);
chain([Name | Names], Pids) ->
    Pid = start(Name),
    [act(Pid, fun() -> link(Before) end) || Before <- lists:sublist(Pids, 1)],
    chain(Names, [Pid | Pids]).

a_chain_falls_with_one_reason() ->
    [A, B, C, D] = chain(['A', 'B', 'C', 'D']),
    ends_with(B, because),
    [ends(P) || P <- [A, B, C, D]].

a_chain_stops_where_it_is_trapped() ->
    [A, B, C, D] = chain(['A', 'B', 'C', 'D']),
    act(C, fun() -> process_flag(trap_exit, true) end),
    ends_with(A, because),
    ends(A), ends(B), sees(C), nothing_more(C), nothing_more(D), alive(D).

a_ring_falls_whole() ->
    [A, B, C] = chain(['A', 'B', 'C']),
    act(A, fun() -> link(C) end),
    ends_with(B, because),
    [ends(P) || P <- [A, B, C]].

a_star_falls_whole() ->
    A = start('A'),
    Others = [B | _] = [start(Name) || Name <- ['B', 'C', 'D']],
    [act(A, fun() -> link(P) end) || P <- Others],
    ends_with(B, because),
    [ends(P) || P <- [A | Others]].

killed_passes_through_two_links() ->
    [A, B, C] = chain(['A', 'B', 'C']),
    act(C, fun() -> process_flag(trap_exit, true) end),
    exit(A, kill),
    ends(A), ends(B), sees(C).

to_exit_with_kill_kills_no_link() ->
    A = start_trapping('A'), B = start('B'), C = start('C'),
    act(A, fun() -> link(B) end),
    act(C, fun() -> link(B) end),
    ends_with(B, kill),
    ends(B), sees(A), ends(C), alive(A).

to_exit_with_killed_is_an_ordinary_reason() ->
    A = start_trapping('A'), B = start('B'),
    act(A, fun() -> link(B) end),
    ends_with(B, killed),
    ends(B), sees(A), alive(A).

two_links_are_one() ->
    A = start_trapping('A'), B = start('B'),
    act(A, fun() -> link(B), link(B) end),
    act(B, fun() -> link(A) end),
    ends_with(B, because),
    sees(A), nothing_more(A).

one_unlink_undoes_two_links() ->
    A = start_trapping('A'), B = start('B'),
    act(A, fun() -> link(B), link(B) end),
    act(A, fun() -> unlink(B) end),
    ends_with(B, because),
    ends(B), nothing_more(A).

an_unlink_from_the_other_side() ->
    {A, B} = linked(),
    act(B, fun() -> unlink(A) end),
    ends_with(A, because),
    ends(A), nothing_more(B), alive(B).

an_unlink_of_a_stranger() ->
    A = start_trapping('A'), B = start('B'), X = dead(),
    act(A, fun() -> unlink(B), unlink(X) end),
    nothing_more(A), alive(B).

an_unlink_of_oneself() ->
    A = start_trapping('A'),
    act(A, fun() -> unlink(self()) end),
    nothing_more(A).

a_link_made_again_holds() ->
    {A, B} = linked(),
    act(A, fun() -> unlink(B), link(B) end),
    ends_with(B, because),
    ends(A).

a_link_to_oneself() ->
    A = start_trapping('A'),
    act(A, fun() -> link(self()) end),
    nothing_more(A),
    ends_with(A, because),
    ends(A).

a_link_to_the_dead_when_trapping() ->
    A = start_trapping('A'), X = dead(),
    act(A, fun() -> link(X) end),
    sees(A), nothing_more(A).

%% link/1 raises `noproc` here, since the process would end anyway.
a_link_to_the_dead_without_trapping() ->
    A = start('A'), X = dead(),
    tell(A, fun() -> link(X) end),
    ends(A).

a_link_to_the_dead_then_unlinked() ->
    A = start_trapping('A'), X = dead(), B = start('B'),
    act(A, fun() -> link(X) end),
    sees(A),
    act(A, fun() -> unlink(X), link(B) end),
    ends_with(B, because),
    sees(A), nothing_more(A).

a_trapped_end_uses_the_link_up() ->
    A = start_trapping('A'), B = start('B'),
    act(A, fun() -> link(B) end),
    ends_with(B, because),
    sees(A),
    act(A, fun() -> link(B) end),
    sees(A), nothing_more(A).

spawned_linked_and_over_at_once() ->
    A = start_trapping('A'),
    name(act(A, fun() -> spawn_link(fun() -> exit(because) end) end), 'B'),
    sees(A), nothing_more(A).

spawned_linked_and_the_parent_crashes() ->
    A = start('A'),
    B = name(act(A, fun() -> spawn_link(fun() -> receive never -> ok end end) end), 'B'),
    ends_with(A, because),
    ends(A), ends(B).

spawned_linked_and_the_parent_ends_normally() ->
    A = start('A'),
    B = name(act(A, fun() -> spawn_link(fun() -> receive never -> ok end end) end), 'B'),
    ends_with(A, normal),
    ends(A), alive(B).
