(* The sum over a batch is one tree, whoever computes which part of it.

   A batch is cut into blocks, and their gradients are added in a fixed binary tree. Several processes, ranks, take a
   range of neighbouring blocks each. Each adds what it can add alone, and sends what is left, whole subtrees of the one
   tree, to where the neighbouring subtree is. Addition of floating-point numbers is neither associative nor commutative,
   so nothing may be moved or swapped; and nothing is: here `op` is any operation at all, without a single law, and the
   number of ranks, and where the blocks are cut, make no difference to the value.

   What is proved is about three programs: TreeSum over all blocks; one TreeSum per rank, which starts at the rank's first
   block; and one that joins what these leave. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From Coq Require Import Arith Bool Lia List Permutation.
Import ListNotations.

Section BlockTree.
  Context {R : Type} (op : R -> R -> R) (block : nat -> R).

  (* ---- Definitions, after distributed/tree_sum.hpp ---------------------------------------------------- *)

  (* The sum of the blocks i*2^l, ..., (i+1)*2^l - 1. *)
  Fixpoint subtree (l i : nat) : R :=
    match l with O => block i | S m => op (subtree m (2 * i)) (subtree m (2 * i + 1)) end.

  (* A node that waits for its neighbour: its level, which one of its level it is, its value. *)
  Record Node := { level : nat; index : nat; value : R }.

  (* An addition, named by the first blocks of its two sides: the places of their values. *)
  Definition Addition : Type := nat * nat.
  Definition first_block (n : Node) : nat := index n * 2 ^ level n.

  (* TreeSum::push. What waits stands in a list, the node on the right first. *)
  Fixpoint push (waiting : list Node) (n : Node) : list Node :=
    match waiting with
    | neighbour :: rest =>
        if (level neighbour =? level n) && Nat.odd (index n)
        then push rest {| level := S (level n); index := index n / 2; value := op (value neighbour) (value n) |}
        else n :: waiting
    | [] => [n]
    end.

  (* The additions that it makes. *)
  Fixpoint pushed (waiting : list Node) (n : Node) : list Addition :=
    match waiting with
    | neighbour :: rest =>
        if (level neighbour =? level n) && Nat.odd (index n)
        then (first_block neighbour, first_block n) ::
             pushed rest {| level := S (level n); index := index n / 2; value := op (value neighbour) (value n) |}
        else []
    | [] => []
    end.

  (* TreeSum::finish: what is left is added from the right. No value, if there were no blocks. *)
  Fixpoint finish (right : Node) (waiting : list Node) : R :=
    match waiting with
    | neighbour :: rest =>
        finish {| level := level neighbour; index := index neighbour; value := op (value neighbour) (value right) |} rest
    | [] => value right
    end.
  Definition sum_of (waiting : list Node) : option R :=
    match waiting with last :: rest => Some (finish last rest) | [] => None end.

  Fixpoint finished (right : Node) (waiting : list Node) : list Addition :=
    match waiting with
    | neighbour :: rest => (first_block neighbour, first_block right) :: finished neighbour rest
    | [] => []
    end.
  Definition last_additions (waiting : list Node) : list Addition :=
    match waiting with last :: rest => finished last rest | [] => [] end.

  (* Nodes one after the other, from left to right. *)
  Definition push_all (waiting nodes : list Node) : list Node := fold_left push nodes waiting.
  Fixpoint pushed_all (waiting nodes : list Node) : list Addition :=
    match nodes with [] => [] | n :: more => pushed waiting n ++ pushed_all (push waiting n) more end.

  Definition node (l i : nat) : Node := {| level := l; index := i; value := subtree l i |}.
  Definition blocks (first count : nat) : list Node := map (node 0) (seq first count).

  (* One process: all blocks into one counter. *)
  Definition counter (first count : nat) : list Node := push_all [] (blocks first count).
  Definition tree (count : nat) : option R := sum_of (counter 0 count).
  Definition additions_of_one (count : nat) : list Addition :=
    pushed_all [] (blocks 0 count) ++ last_additions (counter 0 count).

  (* Ranks that take `counts` blocks, one after the other from block `first` on: what each leaves, from left to right. *)
  Fixpoint left_by_ranks (first : nat) (counts : list nat) : list (list Node) :=
    match counts with
    | [] => []
    | count :: more => rev (counter first count) :: left_by_ranks (first + count) more
    end.
  Definition joined (counts : list nat) : list Node := push_all [] (concat (left_by_ranks 0 counts)).
  Definition tree_of_ranks (counts : list nat) : option R := sum_of (joined counts).

  Fixpoint additions_in_ranks (first : nat) (counts : list nat) : list Addition :=
    match counts with
    | [] => []
    | count :: more => pushed_all [] (blocks first count) ++ additions_in_ranks (first + count) more
    end.
  Definition additions_between (counts : list nat) : list Addition :=
    pushed_all [] (concat (left_by_ranks 0 counts)) ++ last_additions (joined counts).

  (* ---- A list of nodes is a range of blocks ----------------------------------------------------------- *)

  (* `nodes`, from left to right, are subtrees of the one tree that cover the blocks from a to b, b excluded. *)
  Inductive cover : nat -> nat -> list Node -> Prop :=
  | cover_none a : cover a a []
  | cover_node a b l i nodes : a = i * 2 ^ l -> cover (a + 2 ^ l) b nodes -> cover a b (node l i :: nodes).

  Lemma cover_nil a b : cover a b [] -> a = b.
  Proof. intros H. now inversion H. Qed.

  Lemma cover_cons a b n nodes : cover a b (n :: nodes) ->
    exists l i, n = node l i /\ a = i * 2 ^ l /\ cover (a + 2 ^ l) b nodes.
  Proof. intros H. inversion H. subst. eauto. Qed.

  Lemma cover_app a b c xs ys : cover a b xs -> cover b c ys -> cover a c (xs ++ ys).
  Proof. induction 1; intros Hys; cbn [app]; [assumption | constructor; auto]. Qed.

  Lemma cover_split c xs ys : forall a, cover a c (xs ++ ys) -> exists b, cover a b xs /\ cover b c ys.
  Proof.
    induction xs as [| x xs IH]; intros a H.
    - exists a. split; [constructor | exact H].
    - destruct (cover_cons _ _ _ _ H) as [l [i [-> [-> Hmore]]]]. destruct (IH _ Hmore) as [b [Hxs Hys]].
      exists b. split; [now constructor | assumption].
  Qed.

  Lemma cover_blocks count : forall first, cover first (first + count) (blocks first count).
  Proof.
    unfold blocks. induction count as [| count IH]; intros first; cbn [seq map].
    - rewrite Nat.add_0_r. constructor.
    - constructor; [cbn; lia |]. replace (first + S count) with (first + 2 ^ 0 + count) by (cbn; lia).
      replace (first + 2 ^ 0) with (S first) by (cbn; lia). apply IH.
  Qed.

  (* What waits, the right one first, covers the blocks from a to b. *)
  Definition waits a b (waiting : list Node) : Prop := cover a b (rev waiting).

  Lemma waits_cons a b l i waiting : waits a (i * 2 ^ l) waiting -> b = (i + 1) * 2 ^ l -> waits a b (node l i :: waiting).
  Proof.
    intros H ->. unfold waits. cbn [rev]. apply (cover_app _ _ _ _ _ H). constructor; [reflexivity |].
    replace (i * 2 ^ l + 2 ^ l) with ((i + 1) * 2 ^ l) by lia. constructor.
  Qed.

  Lemma waits_top a b n waiting : waits a b (n :: waiting) ->
    exists l i, n = node l i /\ b = (i + 1) * 2 ^ l /\ waits a (i * 2 ^ l) waiting.
  Proof.
    unfold waits. cbn [rev]. intros H. apply cover_split in H. destruct H as [c [Hrest Htop]].
    destruct (cover_cons _ _ _ _ Htop) as [l [i [-> [-> Hnone]]]]. apply cover_nil in Hnone.
    exists l, i. repeat split; [lia | assumption].
  Qed.

  Lemma power_positive l : 0 < 2 ^ l.
  Proof. induction l; cbn; lia. Qed.

  (* Where the left neighbour has the level of a node and the node is a right child, they are a subtree. *)
  Lemma siblings a l i neighbour rest : waits a (i * 2 ^ l) (neighbour :: rest) -> level neighbour = l -> Nat.odd i = true ->
    exists k, i = 2 * k + 1 /\ i / 2 = k /\ neighbour = node l (2 * k) /\ waits a (k * 2 ^ S l) rest.
  Proof.
    intros H Hlevel Hodd. apply waits_top in H. destruct H as [m [j [-> [E Hrest]]]]. cbn in Hlevel. subst m.
    assert (i = j + 1) as -> by (pose proof (power_positive l); nia).
    apply Nat.odd_spec in Hodd. destruct Hodd as [k Hk]. exists k. assert (j = 2 * k) as -> by lia.
    repeat split.
    - replace (2 * k + 1) with (1 + k * 2) by lia. rewrite Nat.div_add by lia. reflexivity.
    - replace (k * 2 ^ S l) with (2 * k * 2 ^ l) by (cbn; lia). exact Hrest.
  Qed.

  Lemma push_waits a waiting : forall l i, waits a (i * 2 ^ l) waiting ->
    waits a ((i + 1) * 2 ^ l) (push waiting (node l i)).
  Proof.
    induction waiting as [| neighbour rest IH]; intros l i H; cbn [push].
    - now apply waits_cons.
    - cbn [level index node]. destruct (level neighbour =? l) eqn:El, (Nat.odd i) eqn:Eo; cbn [andb]; try now apply waits_cons.
      apply Nat.eqb_eq in El. destruct (siblings _ _ _ _ _ H El Eo) as [k [-> [-> [-> Hrest]]]].
      change {| level := S l; index := k; value := op (value (node l (2 * k))) (value (node l (2 * k + 1))) |}
        with (node (S l) k).
      replace ((2 * k + 1 + 1) * 2 ^ l) with ((k + 1) * 2 ^ S l) by (cbn; lia). now apply IH.
  Qed.

  Lemma push_all_waits nodes : forall a b c waiting, waits a b waiting -> cover b c nodes ->
    waits a c (push_all waiting nodes).
  Proof.
    unfold push_all. induction nodes as [| n nodes IH]; intros a b c waiting Hw Hc; cbn [fold_left].
    - now rewrite <- (cover_nil _ _ Hc).
    - destruct (cover_cons _ _ _ _ Hc) as [l [i [-> [-> Hmore]]]]. apply IH with (b := (i + 1) * 2 ^ l); [now apply push_waits |].
      replace ((i + 1) * 2 ^ l) with (i * 2 ^ l + 2 ^ l) by lia. assumption.
  Qed.

  Theorem counter_covers_its_range first count : waits first (first + count) (counter first count).
  Proof. apply (push_all_waits _ _ first); [constructor | apply cover_blocks]. Qed.

  (* ---- A subtree counts as its blocks ----------------------------------------------------------------- *)

  Lemma push_all_app waiting xs ys : push_all waiting (xs ++ ys) = push_all (push_all waiting xs) ys.
  Proof. apply fold_left_app. Qed.

  Lemma pushed_all_app xs : forall waiting ys,
    pushed_all waiting (xs ++ ys) = pushed_all waiting xs ++ pushed_all (push_all waiting xs) ys.
  Proof.
    induction xs as [| x xs IH]; intros waiting ys; cbn [app pushed_all]; [reflexivity |].
    rewrite IH. now rewrite <- app_assoc.
  Qed.

  (* A left child waits, and its right sibling then does what their parent would have done. *)
  Lemma push_children waiting l i :
    push (push waiting (node l (2 * i))) (node l (2 * i + 1)) = push waiting (node (S l) i) /\
    pushed waiting (node l (2 * i)) ++ pushed (push waiting (node l (2 * i))) (node l (2 * i + 1)) =
      (2 * i * 2 ^ l, (2 * i + 1) * 2 ^ l) :: pushed waiting (node (S l) i).
  Proof.
    assert (Nat.odd (2 * i) = false) as Heven by (rewrite Nat.odd_mul; reflexivity).
    assert (Nat.odd (2 * i + 1) = true) as Hodd by (apply Nat.odd_spec; exists i; lia).
    assert ((2 * i + 1) / 2 = i) as Hhalf
      by (replace (2 * i + 1) with (1 + i * 2) by lia; rewrite Nat.div_add by lia; reflexivity).
    assert (push waiting (node l (2 * i)) = node l (2 * i) :: waiting) as ->
      by (destruct waiting; cbn [push]; [reflexivity | cbn [index node]; now rewrite Heven, andb_false_r]).
    assert (pushed waiting (node l (2 * i)) = []) as ->
      by (destruct waiting; cbn [pushed]; [reflexivity | cbn [index node]; now rewrite Heven, andb_false_r]).
    cbn [push pushed app]. cbn [level index value node]. rewrite Nat.eqb_refl, Hodd, Hhalf. cbn [andb].
    split; reflexivity.
  Qed.

  Lemma blocks_split first m n : blocks first (m + n) = blocks first m ++ blocks (first + m) n.
  Proof. unfold blocks. now rewrite seq_app, map_app. Qed.

  Theorem subtree_counts_as_its_blocks l : forall i waiting,
    push_all waiting (blocks (i * 2 ^ l) (2 ^ l)) = push waiting (node l i).
  Proof.
    induction l as [| l IH]; intros i waiting.
    - cbn. now rewrite Nat.mul_1_r.
    - replace (2 ^ S l) with (2 ^ l + 2 ^ l) by (cbn; lia). rewrite blocks_split, push_all_app.
      replace (i * (2 ^ l + 2 ^ l)) with (2 * i * 2 ^ l) by lia. rewrite IH.
      replace (2 * i * 2 ^ l + 2 ^ l) with ((2 * i + 1) * 2 ^ l) by lia. rewrite IH. apply push_children.
  Qed.

  (* A list of subtrees counts as all blocks that it covers, whatever waits on its left. *)
  Lemma cover_counts_as_its_blocks a b nodes : cover a b nodes -> forall waiting,
    a <= b /\ push_all waiting nodes = push_all waiting (blocks a (b - a)).
  Proof.
    induction 1 as [a | a b l i nodes -> Hc IH]; intros waiting.
    - now rewrite Nat.sub_diag.
    - destruct (IH (push waiting (node l i))) as [Hle E]. split; [lia |].
      change (push_all waiting (node l i :: nodes)) with (push_all (push waiting (node l i)) nodes).
      rewrite E, <- subtree_counts_as_its_blocks, <- push_all_app.
      replace (b - i * 2 ^ l) with (2 ^ l + (b - (i * 2 ^ l + 2 ^ l))) by lia. now rewrite blocks_split.
  Qed.

  (* What one rank leaves, joined to whatever waits on its left, is what its blocks would have become there. *)
  Theorem range_counts_as_its_blocks waiting first count :
    push_all waiting (rev (counter first count)) = push_all waiting (blocks first count).
  Proof.
    destruct (cover_counts_as_its_blocks _ _ _ (counter_covers_its_range first count) waiting) as [_ E].
    now replace (first + count - first) with count in E by lia.
  Qed.

  (* ---- Any number of ranks ---------------------------------------------------------------------------- *)

  Definition total (counts : list nat) : nat := fold_right plus 0 counts.

  Lemma ranks_count_as_their_blocks counts : forall first waiting,
    push_all waiting (concat (left_by_ranks first counts)) = push_all waiting (blocks first (total counts)).
  Proof.
    induction counts as [| count counts IH]; intros first waiting; [reflexivity |].
    cbn [left_by_ranks concat total fold_right]. rewrite push_all_app, range_counts_as_its_blocks, IH.
    fold (total counts). now rewrite blocks_split, push_all_app.
  Qed.

  (* Wherever the blocks are cut, and into however many ranges, empty ones too: the same subtrees wait at the end ... *)
  Theorem joined_is_counter counts : joined counts = counter 0 (total counts).
  Proof. apply ranks_count_as_their_blocks. Qed.

  (* ... and the value is that of one process. *)
  Theorem tree_does_not_depend_on_ranks counts : tree_of_ranks counts = tree (total counts).
  Proof. unfold tree_of_ranks, tree. now rewrite joined_is_counter. Qed.

  Theorem two_cuts_agree counts counts' : total counts = total counts' ->
    tree_of_ranks counts = tree_of_ranks counts'.
  Proof. intros E. now rewrite !tree_does_not_depend_on_ranks, E. Qed.

  (* ---- Who adds, and what is sent --------------------------------------------------------------------- *)

  (* The additions inside a subtree. *)
  Fixpoint inside_of (l i : nat) : list Addition :=
    match l with
    | O => []
    | S m => inside_of m (2 * i) ++ inside_of m (2 * i + 1) ++ [(2 * i * 2 ^ m, (2 * i + 1) * 2 ^ m)]
    end.
  Definition inside (nodes : list Node) : list Addition :=
    concat (map (fun n => inside_of (level n) (index n)) nodes).

  Lemma additions_of_subtree l : forall i waiting,
    Permutation (pushed_all waiting (blocks (i * 2 ^ l) (2 ^ l))) (inside_of l i ++ pushed waiting (node l i)).
  Proof.
    induction l as [| l IH]; intros i waiting.
    - cbn. rewrite Nat.mul_1_r, app_nil_r. reflexivity.
    - replace (2 ^ S l) with (2 ^ l + 2 ^ l) by (cbn; lia). rewrite blocks_split, pushed_all_app.
      replace (i * (2 ^ l + 2 ^ l)) with (2 * i * 2 ^ l) by lia. rewrite subtree_counts_as_its_blocks, (IH (2 * i)).
      replace (2 * i * 2 ^ l + 2 ^ l) with ((2 * i + 1) * 2 ^ l) by lia. rewrite IH. cbn [inside_of].
      rewrite <- !app_assoc. apply Permutation_app_head.
      rewrite (Permutation_app_swap_app (pushed _ _)). apply Permutation_app_head.
      rewrite (proj2 (push_children waiting l i)). reflexivity.
  Qed.

  Lemma additions_of_cover a b nodes : cover a b nodes -> forall waiting,
    Permutation (pushed_all waiting (blocks a (b - a))) (inside nodes ++ pushed_all waiting nodes).
  Proof.
    induction 1 as [a | a b l i nodes -> Hc IH]; intros waiting.
    - now rewrite Nat.sub_diag.
    - destruct (cover_counts_as_its_blocks _ _ _ Hc waiting) as [Hle _].
      replace (b - i * 2 ^ l) with (2 ^ l + (b - (i * 2 ^ l + 2 ^ l))) by lia.
      rewrite blocks_split, pushed_all_app, subtree_counts_as_its_blocks, additions_of_subtree, IH.
      unfold inside. cbn [map concat pushed_all level index node]. rewrite <- !app_assoc.
      apply Permutation_app_head. now rewrite (Permutation_app_swap_app (pushed _ _)).
  Qed.

  Lemma length_push waiting : forall n, length (push waiting n) + length (pushed waiting n) = S (length waiting).
  Proof.
    induction waiting as [| neighbour rest IH]; intros n; cbn [push pushed]; [reflexivity |].
    destruct (_ && _); cbn [length]; [| lia].
    rewrite Nat.add_succ_r, IH. reflexivity.
  Qed.

  Lemma length_push_all nodes : forall waiting,
    length (push_all waiting nodes) + length (pushed_all waiting nodes) = length waiting + length nodes.
  Proof.
    unfold push_all. induction nodes as [| n nodes IH]; intros waiting; cbn [fold_left pushed_all length]; [lia |].
    rewrite app_length. pose proof (IH (push waiting n)). pose proof (length_push waiting n). lia.
  Qed.

  (* What a rank leaves fits nowhere together: its own additions are those inside it, all of them. *)
  Lemma additions_of_range first count :
    Permutation (pushed_all [] (blocks first count)) (inside (rev (counter first count))).
  Proof.
    pose proof (additions_of_cover _ _ _ (counter_covers_its_range first count) []) as H.
    replace (first + count - first) with count in H by lia. rewrite H.
    enough (pushed_all [] (rev (counter first count)) = []) as -> by now rewrite app_nil_r.
    apply length_zero_iff_nil. pose proof (length_push_all (rev (counter first count)) []) as E.
    rewrite range_counts_as_its_blocks, rev_length in E. fold (counter first count) in E. cbn [length] in E. lia.
  Qed.

  Lemma additions_of_ranks counts : forall first waiting,
    Permutation (pushed_all waiting (blocks first (total counts)))
                (additions_in_ranks first counts ++ pushed_all waiting (concat (left_by_ranks first counts))).
  Proof.
    induction counts as [| count counts IH]; intros first waiting; [reflexivity |].
    cbn [additions_in_ranks left_by_ranks concat total fold_right]. fold (total counts).
    rewrite blocks_split, !pushed_all_app, range_counts_as_its_blocks, IH.
    pose proof (additions_of_cover _ _ _ (counter_covers_its_range first count) waiting) as H.
    replace (first + count - first) with count in H by lia. rewrite H, <- additions_of_range, <- !app_assoc.
    apply Permutation_app_head. apply Permutation_app_swap_app.
  Qed.

  (* The ranks by themselves, and then between them, make the additions of one process: each of them, once. *)
  Theorem every_addition_is_made_once counts :
    Permutation (additions_of_one (total counts)) (additions_in_ranks 0 counts ++ additions_between counts).
  Proof.
    unfold additions_of_one, additions_between. rewrite joined_is_counter, additions_of_ranks. now rewrite <- app_assoc.
  Qed.

  (* They are one less than the blocks. *)
  Theorem additions_are_one_less_than_blocks count : length (additions_of_one count) = count - 1.
  Proof.
    assert (forall rest last, length (finished last rest) = length rest) as Hlast
      by (induction rest; intros; cbn [finished length]; [reflexivity | now f_equal]).
    pose proof (length_push_all (blocks 0 count) []) as E.
    assert (length (blocks 0 count) = count) as Hcount by (unfold blocks; now rewrite map_length, seq_length).
    rewrite Hcount in E. change (push_all [] (blocks 0 count)) with (counter 0 count) in E. cbn [length] in E.
    unfold additions_of_one. rewrite app_length. pose proof (counter_covers_its_range 0 count) as Hcover.
    destruct (counter 0 count); cbn [last_additions length] in *; [apply cover_nil in Hcover; lia |].
    rewrite Hlast. lia.
  Qed.

  (* Both sides of an addition begin within the blocks that are there. *)
  Lemma pushed_within a waiting : forall l i x y, waits a (i * 2 ^ l) waiting -> In (x, y) (pushed waiting (node l i)) ->
    a <= x /\ x < y /\ y < (i + 1) * 2 ^ l.
  Proof.
    induction waiting as [| neighbour rest IH]; intros l i x y H Hin; cbn [pushed] in Hin; [destruct Hin |].
    cbn [level index node] in Hin. destruct (level neighbour =? l) eqn:El, (Nat.odd i) eqn:Eo; try now destruct Hin.
    apply Nat.eqb_eq in El. destruct (siblings _ _ _ _ _ H El Eo) as [k [-> [Ek [-> Hrest]]]].
    rewrite Ek in Hin. cbn [andb In] in Hin.
    pose proof (power_positive l).
    destruct Hin as [E | Hin].
    - apply pair_equal_spec in E. destruct E as [<- <-]. unfold first_block. cbn [level index node].
      unfold waits in Hrest. pose proof (proj1 (cover_counts_as_its_blocks _ _ _ Hrest [])).
      replace (k * 2 ^ S l) with (2 * k * 2 ^ l) in * by (cbn; lia). nia.
    - change {| level := S l; index := k; value := op (value (node l (2 * k))) (value (node l (2 * k + 1))) |}
        with (node (S l) k) in Hin.
      destruct (IH (S l) k x y Hrest Hin) as [Ha [Hxy Hy]]. repeat split; [assumption | assumption |].
      replace ((2 * k + 1 + 1) * 2 ^ l) with ((k + 1) * 2 ^ S l) by (cbn; lia). exact Hy.
  Qed.

  Lemma pushed_all_within nodes : forall a b c waiting x y, waits a b waiting -> cover b c nodes ->
    In (x, y) (pushed_all waiting nodes) -> a <= x /\ x < y /\ y < c.
  Proof.
    induction nodes as [| n nodes IH]; intros a b c waiting x y Hw Hc Hin; cbn [pushed_all] in Hin; [destruct Hin |].
    destruct (cover_cons _ _ _ _ Hc) as [l [i [-> [-> Hmore]]]]. apply in_app_or in Hin.
    destruct (cover_counts_as_its_blocks _ _ _ Hmore []) as [Hle _].
    destruct Hin as [Hin | Hin].
    - destruct (pushed_within _ _ _ _ _ _ Hw Hin) as [Ha [Hxy Hy]]. repeat split; lia.
    - apply (IH a (i * 2 ^ l + 2 ^ l) c (push waiting (node l i))); [| assumption | assumption].
      replace (i * 2 ^ l + 2 ^ l) with ((i + 1) * 2 ^ l) by lia. now apply push_waits.
  Qed.

  (* Every rank has its range: all its blocks, and so all places in it, have one owner. *)
  Fixpoint owned (owner : nat -> nat) (first : nat) (counts : list nat) : Prop :=
    match counts with
    | [] => True
    | count :: more =>
        (exists rank, forall b, first <= b < first + count -> owner b = rank) /\ owned owner (first + count) more
    end.

  (* An addition whose sides have different owners needs a message. *)
  Definition crosses (owner : nat -> nat) (a : Addition) : bool := negb (owner (fst a) =? owner (snd a)).

  Lemma no_messages_in_ranks owner counts : forall first, owned owner first counts ->
    filter (crosses owner) (additions_in_ranks first counts) = [].
  Proof.
    induction counts as [| count counts IH]; intros first Hown; cbn [additions_in_ranks]; [reflexivity |].
    destruct Hown as [[rank Hrank] Hmore]. rewrite filter_app, (IH _ Hmore), app_nil_r.
    assert (forall a, In a (pushed_all [] (blocks first count)) -> crosses owner a = false) as Hnone.
    { intros [x y] Hin.
      destruct (pushed_all_within _ first first (first + count) [] x y (cover_none _) (cover_blocks _ _) Hin)
        as [Hx [Hxy Hy]].
      unfold crosses. cbn [fst snd]. rewrite (Hrank x), (Hrank y) by lia. now rewrite Nat.eqb_refl. }
    revert Hnone. generalize (pushed_all [] (blocks first count)).
    induction l as [| a l IHl]; intros Hnone; [reflexivity |].
    cbn [filter]. rewrite (Hnone a) by now left. apply IHl. intros b Hb. apply Hnone. now right.
  Qed.

  Lemma filter_permutation {A} (test : A -> bool) xs ys : Permutation xs ys -> Permutation (filter test xs) (filter test ys).
  Proof.
    induction 1 as [| x xs ys _ IH | x y xs | xs ys zs _ IH _ IH']; cbn [filter].
    - reflexivity.
    - destruct (test x); [now constructor | assumption].
    - destruct (test x), (test y); try constructor; reflexivity.
    - now transitivity (filter test ys).
  Qed.

  (* The messages are the additions of one process whose sides have different owners: as many, and no others. *)
  Theorem messages_are_additions_that_cross owner counts : owned owner 0 counts ->
    Permutation (filter (crosses owner) (additions_of_one (total counts)))
                (filter (crosses owner) (additions_between counts)).
  Proof.
    intros Hown. rewrite (filter_permutation _ _ _ (every_addition_is_made_once counts)), filter_app.
    now rewrite (no_messages_in_ranks _ _ _ Hown).
  Qed.
End BlockTree.

(* ---- Numbers ------------------------------------------------------------------------------------------ *)

(* An operation that forgets nothing: sums are written down as they are formed. *)
Inductive Sum := Block (b : nat) | Plus (left_side right_side : Sum).

(* 0 1 2 3 4 5 6 are ((0+1) + (2+3)) + ((4+5) + 6), on one rank, on three, on five of which one has nothing. *)
Definition seven : Sum :=
  Plus (Plus (Plus (Block 0) (Block 1)) (Plus (Block 2) (Block 3))) (Plus (Plus (Block 4) (Block 5)) (Block 6)).
Example one_rank : tree Plus Block 7 = Some seven.
Proof. reflexivity. Qed.
Example three_ranks : tree_of_ranks Plus Block [3; 2; 2] = Some seven.
Proof. reflexivity. Qed.
Example five_ranks : tree_of_ranks Plus Block [1; 2; 0; 3; 1] = Some seven.
Proof. reflexivity. Qed.

(* The second of three ranks has blocks 3 and 4, which are no subtree: both are left, and 3+4 is never formed. *)
Example what_a_rank_leaves :
  map (fun n => (level n, index n)) (rev (counter Plus Block 3 2)) = [(0, 3); (0, 4)].
Proof. reflexivity. Qed.

(* Four of the six additions are messages; of one rank, none. *)
Definition owner (b : nat) : nat := if b <? 3 then 0 else if b <? 5 then 1 else 2.
Example messages_of_three_ranks :
  filter (crosses owner) (additions_between Plus Block [3; 2; 2]) = [(2, 3); (4, 5); (4, 6); (0, 4)].
Proof. reflexivity. Qed.
Example messages_of_one_rank : filter (crosses (fun _ => 0)) (additions_between Plus Block [7]) = [].
Proof. reflexivity. Qed.
