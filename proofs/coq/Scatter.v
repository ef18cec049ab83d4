(* The form scatter: its window of code pixels is exactly as wide as it must be.

   Scatter lets every image pixel look at the code pixels between a first and a last one, which it
   computes from the extent of the filter, and then only asks whether the dilation divides: it never
   checks that the tap exists. So a window one pixel too wide reads a weight that is not there, and one
   too narrow loses a tap. Shown here: with floor and ceiling rounded in the right directions, the loop
   of scatter.hpp visits the taps. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From fsconv Require Export Axis.

(* ---- Definitions, after scatter.hpp for_each_pair ---------------------------------------------------- *)

(* floor_div and ceil_div of base/index.hpp. *)
Definition floor_div (n d : Z) : Z := n / d.
Definition ceil_div (n d : Z) : Z := - ((- n) / d).

(* The window of image pixel i: down*o runs from centre - (extent-1) to centre. *)
Definition centre (a : Axis) (i : Z) : Z := up a * i + pad a.
Definition first (a : Axis) (i : Z) : Z := Z.max (ceil_div (centre a i - extent a + 1) (down a)) 0.
Definition last (a : Axis) (i : Z) : Z := Z.min (floor_div (centre a i) (down a)) (out a - 1).

(* How far code pixel o reaches into the filter, and the tap that is there, unless it is a hole. *)
Definition reach (a : Axis) (i o : Z) : Z := centre a i - down a * o.
Definition hits (a : Axis) (i o : Z) : bool := Z.rem (reach a i o) (dilation a) =? 0.
Definition hit (a : Axis) (i o : Z) : Z := Z.quot (reach a i o) (dilation a).

(* for o = first, ..., last:  if the dilation divides the reach, one term. *)
Definition scatter_at {R} `{Monoid R} (a : Axis) (i : Z) (F : Z -> Z -> R) : R :=
  sum t < last a i - first a i + 1,
    let o := first a i + t in when (hits a i o) (F o (hit a i o)).

Definition by_window {R} `{Monoid R} (a : Axis) (G : Z -> Z -> Z -> R) : R :=
  sum i < in_ a, scatter_at a i (fun o k => G o i k).

(* ---- The window -------------------------------------------------------------------------------------- *)

Lemma floor_div_spec n d q : 1 <= d -> (q <= floor_div n d <-> d * q <= n).
Proof.
  intros Hd. unfold floor_div. pose proof (Z.div_mod n d ltac:(lia)).
  pose proof (Z.mod_pos_bound n d ltac:(lia)). split; nia.
Qed.

Lemma ceil_div_spec n d q : 1 <= d -> (ceil_div n d <= q <-> n <= d * q).
Proof. intros Hd. pose proof (floor_div_spec (- n) d (- q) Hd). unfold ceil_div, floor_div in *. lia. Qed.

(* A code pixel lies in the window of i exactly if it reaches a place between the first and the last tap. *)
Theorem window_is_reach a i o : 1 <= down a ->
  first a i <= o <= last a i <-> 0 <= o < out a /\ 0 <= reach a i o < extent a.
Proof.
  intros Hdown. unfold first, last, reach.
  rewrite Z.max_lub_iff, Z.min_glb_iff, ceil_div_spec, floor_div_spec; lia.
Qed.

(* Inside the window, the test of scatter alone finds the tap. *)
Lemma tap_in_window a i o : 1 <= dilation a -> 0 <= reach a i o < extent a ->
  tap_at a o i = if hits a i o then Some (hit a i o) else None.
Proof.
  unfold extent, hits, hit. intros Hdilation Hreach. unfold tap_at, quotient_within.
  change (up a * i + pad a - down a * o) with (reach a i o).
  destruct (Z.ltb_spec (reach a i o) 0); [lia |].
  destruct (Z.eqb_spec (Z.rem (reach a i o) (dilation a)) 0) as [Hrem |]; [| reflexivity].
  destruct (Z.leb_spec (taps a) (Z.quot (reach a i o) (dilation a))) as [Hlarge |]; [exfalso | reflexivity].
  pose proof (Z.quot_rem (reach a i o) (dilation a) ltac:(lia)). nia.
Qed.

(* Outside of it there is none. *)
Lemma no_tap_outside a i o : 1 <= dilation a -> ~ 0 <= reach a i o < extent a -> tap_at a o i = None.
Proof.
  intros Hdilation Houtside. destruct (tap_at a o i) as [k |] eqn:E; [exfalso | reflexivity].
  apply tap_at_spec in E; [| assumption]. destruct E as [Hk Hjoined]. unfold joined in Hjoined.
  apply Z.eqb_eq in Hjoined. apply Houtside. unfold reach, centre, extent. nia.
Qed.

Section SameSum.
  Context {R : Type} `{Monoid R}.

  (* One image pixel: its window gives what all code pixels would. *)
  Theorem scatter_at_visits_the_taps a i (F : Z -> Z -> R) : 1 <= down a -> 1 <= dilation a ->
    scatter_at a i F = sum o < out a, (given k := tap_at a o i, F o k).
  Proof.
    intros Hdown Hdilation. symmetry.
    rewrite (sum_reindex _ (last a i - first a i + 1) (fun t => first a i + t) (fun o => o - first a i)).
    - apply sum_ext. intros t Ht. pose proof (window_is_reach a i (first a i + t) Hdown).
      rewrite tap_in_window by (assumption || lia). now destruct (hits a i (first a i + t)).
    - intros t Ht. pose proof (window_is_reach a i (first a i + t) Hdown). lia.
    - intros o Ho. pose proof (window_is_reach a i o Hdown) as Hwindow.
      destruct (Z.leb_spec (first a i) o); [destruct (Z.leb_spec o (last a i)) |].
      + left. lia.
      + right. rewrite no_tap_outside by (assumption || lia). reflexivity.
      + right. rewrite no_tap_outside by (assumption || lia). reflexivity.
  Qed.

  (* The axis. *)
  Theorem windows_visit_the_taps a (G : Z -> Z -> Z -> R) : 1 <= down a -> 1 <= dilation a ->
    by_window a G = over_taps a G.
  Proof.
    intros Hdown Hdilation. rewrite <- pairs_visit_the_taps by assumption. apply sum_ext. intros i _.
    now apply scatter_at_visits_the_taps.
  Qed.
End SameSum.
