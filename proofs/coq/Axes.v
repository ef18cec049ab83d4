(* Several axes: a product of axes, with the same theorem for lists of indices.

   An image has two axes, a volume three. A tap is then a tap on every axis at once, so the taps of N
   axes are all combinations of the taps of each. Nothing new happens, and that is the point: by
   induction over the list of axes, loops over positions have the same laws as loops over indices, and
   the divisions, done axis by axis, find exactly the taps. The summand takes three lists: what channels,
   groups and batch do with them is its own affair (Layer.v). *)
(* SPDX-License-Identifier: Apache-2.0 *)
From Coq Require Export List.
From fsconv Require Export Transpose.

(* ---- Definitions ------------------------------------------------------------------------------------- *)

(* f at every position of a box with these sizes: the nested loops of for_each_position. *)
Fixpoint box_total {R} `{Monoid R} (sizes : list Z) (f : list Z -> R) : R :=
  match sizes with
  | nil => f nil
  | n :: rest => sum j < n, box_total rest (fun js => f (j :: js))
  end.
Notation "'sums' js < ns , f" := (box_total ns (fun js => f))
  (at level 69, js name, ns at level 69, f at level 69).

(* Whether a test of three indices holds on every axis. A tap of several axes is a tap on each. *)
Fixpoint on_all (test : Axis -> Z -> Z -> Z -> bool) (axes : list Axis) (us js vs : list Z) : bool :=
  match axes, us, js, vs with
  | nil, nil, nil, nil => true
  | a :: axes, u :: us, j :: js, v :: vs => test a u j v && on_all test axes us js vs
  | _, _, _, _ => false
  end.

Definition all_joined : list Axis -> list Z -> list Z -> list Z -> bool := on_all joined.

(* gather.hpp on_every_axis: a lookup on every axis; nothing if one of them has nothing. *)
Fixpoint on_every_axis (lookup : Axis -> Z -> Z -> option Z) (axes : list Axis) (us vs : list Z)
    : option (list Z) :=
  match axes, us, vs with
  | nil, nil, nil => Some nil
  | a :: axes, u :: us, v :: vs =>
      match lookup a u v, on_every_axis lookup axes us vs with
      | Some j, Some js => Some (j :: js)
      | _, _ => None
      end
  | _, _, _ => None
  end.

(* A property of each axis, as in  every (fun a => 1 <= down a) axes. *)
Definition every (P : Axis -> Prop) (axes : list Axis) : Prop := Forall P axes.

(* Every tap backwards: what reversing the flattened filter does. *)
Fixpoint mirrored (axes : list Axis) (ks : list Z) : list Z :=
  match axes, ks with
  | a :: axes, k :: ks => (taps a - 1 - k) :: mirrored axes ks
  | _, _ => ks
  end.

Section Orders.
  Context {R : Type} `{Monoid R}.
  Implicit Types (axes : list Axis) (G : list Z -> list Z -> list Z -> R).

  Definition over_taps_of_axes axes G : R :=
    sums os < map out axes, sums is < map in_ axes, sums ks < map taps axes,
      when (all_joined axes os is ks) (G os is ks).

  Definition by_code_position axes G : R :=
    sums os < map out axes, sums ks < map taps axes,
      given is := on_every_axis image_at axes os ks, G os is ks.
  Definition by_image_position axes G : R :=
    sums is < map in_ axes, sums ks < map taps axes,
      given os := on_every_axis code_at axes is ks, G os is ks.
  Definition by_tap_position axes G : R :=
    sums ks < map taps axes, sums os < map out axes,
      given is := on_every_axis image_at axes os ks, G os is ks.
End Orders.

(* ---- Loops over positions have the laws of loops over indices ---------------------------------------- *)

Section Laws.
  Context {R : Type} `{Monoid R}.
  Implicit Types (ns ms : list Z) (f g : list Z -> R) (axes : list Axis).

  Lemma sums_ext ns f g : (forall js, f js = g js) -> sums js < ns, f js = sums js < ns, g js.
  Proof.
    revert f g. induction ns as [| n ns IH]; intros f g E; cbn [box_total]; [apply E |].
    apply sum_ext. intros. apply IH. intros. apply E.
  Qed.

  Lemma sums_zero ns : sums _js < ns, zero = zero.
  Proof. induction ns as [| n ns IH]; cbn [box_total]; [reflexivity | apply sum_zero; intros; apply IH]. Qed.

  Lemma sum_sums_swap n ms (f : Z -> list Z -> R) :
    sum j < n, sums ls < ms, f j ls = sums ls < ms, sum j < n, f j ls.
  Proof.
    revert f. induction ms as [| m ms IH]; intros f; cbn [box_total]; [reflexivity |].
    rewrite sum_swap. apply sum_ext. intros. apply IH.
  Qed.

  Lemma sums_swap ns ms (f : list Z -> list Z -> R) :
    sums js < ns, sums ls < ms, f js ls = sums ls < ms, sums js < ns, f js ls.
  Proof.
    revert f. induction ns as [| n ns IH]; intros f; cbn [box_total]; [reflexivity |].
    rewrite <- sum_sums_swap. apply sum_ext. intros. apply IH.
  Qed.

  Lemma sums_when ns condition f :
    sums js < ns, when condition (f js) = when condition (sums js < ns, f js).
  Proof. destruct condition; [reflexivity | apply sums_zero]. Qed.

  Lemma sums_mirrored axes f : sums ks < map taps axes, f ks = sums ks < map taps axes, f (mirrored axes ks).
  Proof.
    revert f. induction axes as [| a axes IH]; intros f; cbn [map box_total mirrored]; [reflexivity |].
    rewrite sum_reverse. apply sum_ext. intros. apply IH.
  Qed.

  (* A search over positions is a lookup on every axis, if a search over indices is a lookup on each. *)
  Lemma sums_found (test : Axis -> Z -> Z -> Z -> bool) (lookup : Axis -> Z -> Z -> option Z)
      (size : Axis -> Z) axes us vs f :
    every (fun a => forall u v j, lookup a u v = Some j <-> 0 <= j < size a /\ test a u j v = true) axes ->
    sums js < map size axes, when (on_all test axes us js vs) (f js)
    = given js := on_every_axis lookup axes us vs, f js.
  Proof.
    intros Haxes. revert us vs f.
    induction Haxes as [| a axes Ha Haxes IH]; intros us vs f; cbn [map box_total on_every_axis].
    - now destruct us, vs.
    - destruct us as [| u us], vs as [| v vs]; cbn [on_all];
        try (apply sum_zero; intros; apply sums_zero).
      transitivity (sum j < size a, when (test a u j v)
                      (given js := on_every_axis lookup axes us vs, f (j :: js))).
      + apply sum_ext. intros j _. rewrite <- (IH us vs (fun js => f (j :: js))), <- sums_when.
        apply sums_ext. intros js. now destruct (test a u j v).
      + rewrite (sum_found _ _ (lookup a u v)) by (intros; apply Ha).
        destruct (lookup a u v); [| reflexivity]. now destruct (on_every_axis lookup axes us vs).
  Qed.
End Laws.

(* ---- Every order gives the same sum ------------------------------------------------------------------ *)

Section SameSum.
  Context {R : Type} `{Monoid R}.
  Implicit Types (axes : list Axis) (F : list Z -> list Z -> R) (G : list Z -> list Z -> list Z -> R).

  Lemma all_joined_from_image axes os is ks :
    on_all (fun a i o k => joined a o i k) axes is os ks = all_joined axes os is ks.
  Proof.
    revert os is ks. induction axes as [| a axes IH]; intros [| o os] [| i is] [| k ks]; cbn; try reflexivity.
    now rewrite IH.
  Qed.

  (* The part of one code position, and of one image position. *)
  Lemma code_position_part axes os F : every (fun a => 1 <= up a) axes ->
    sums ks < map taps axes, (given is := on_every_axis image_at axes os ks, F is ks)
    = sums is < map in_ axes, sums ks < map taps axes, when (all_joined axes os is ks) (F is ks).
  Proof.
    intros Hup. rewrite sums_swap. apply sums_ext. intros ks. symmetry.
    apply (sums_found joined image_at in_ axes os ks (fun is => F is ks)).
    revert Hup. apply Forall_impl. intros a Ha o k i. now apply image_at_spec.
  Qed.

  Lemma image_position_part axes is F : every (fun a => 1 <= down a) axes ->
    sums ks < map taps axes, (given os := on_every_axis code_at axes is ks, F os ks)
    = sums os < map out axes, sums ks < map taps axes, when (all_joined axes os is ks) (F os ks).
  Proof.
    intros Hdown. rewrite sums_swap. apply sums_ext. intros ks. symmetry.
    rewrite <- (sums_found (fun a i o k => joined a o i k) code_at out axes is ks (fun os => F os ks)).
    - apply sums_ext. intros os. now rewrite all_joined_from_image.
    - revert Hdown. apply Forall_impl. intros a Ha i k o. now apply code_at_spec.
  Qed.

  (* Conv order, gather order and the order of the weight gradient visit the taps of any number of axes. *)
  Theorem code_positions_visit_the_taps axes G : every (fun a => 1 <= up a) axes ->
    by_code_position axes G = over_taps_of_axes axes G.
  Proof. intros Hup. apply sums_ext. intros os. now apply code_position_part. Qed.

  Theorem image_positions_visit_the_taps axes G : every (fun a => 1 <= down a) axes ->
    by_image_position axes G = over_taps_of_axes axes G.
  Proof.
    intros Hdown. unfold over_taps_of_axes. rewrite sums_swap. apply sums_ext. intros is.
    now apply (image_position_part axes is (fun os ks => G os is ks)).
  Qed.

  Theorem tap_positions_visit_the_taps axes G : every (fun a => 1 <= up a) axes ->
    by_tap_position axes G = over_taps_of_axes axes G.
  Proof. intros Hup. unfold by_tap_position. rewrite sums_swap. now apply code_positions_visit_the_taps. Qed.

  (* Transposing every axis exchanges the two lookups. *)
  Theorem image_at_transposed_axes axes is ks :
    on_every_axis image_at (map transposed axes) is ks = on_every_axis code_at axes is (mirrored axes ks).
  Proof.
    revert is ks. induction axes as [| a axes IH]; intros [| i is] [| k ks]; cbn [map on_every_axis mirrored];
      try reflexivity.
    now rewrite image_at_transposed, IH.
  Qed.
End SameSum.
