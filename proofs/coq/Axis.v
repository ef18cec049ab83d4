(* One axis of a convolution: the taps, and the theorem that every order of visiting them gives the same
   sum.

   Everything fsconv computes is a sum over taps, the triples (o, i, k) that one equation joins.
   Implementations differ in the loops: conv runs over code pixels, a transposed convolution over image
   pixels, the weight gradient over taps, scatter over pairs of pixels; each knows two of the three indices
   and divides to find the third. Here the four are shown to give the same sum for any summand G whatever: a
   product of weight and pixel, with channels and batch inside, a term of a gradient, or just 1, which
   counts the multiplications.

   The indices are integers without bound, the stride is down/up, and no size is assumed to be positive. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From fsconv Require Export Sums.

(* ---- Definitions ------------------------------------------------------------------------------------- *)

(* The geometry of one axis, as in geometry/axis.hpp: in_ pixels on the image side, out on the code side. *)
Record Axis := { in_ : Z; out : Z; taps : Z; down : Z; up : Z; dilation : Z; pad : Z }.

(* What the filter covers, holes included. *)
Definition extent (a : Axis) : Z := dilation a * (taps a - 1) + 1.

(* The one equation: tap k joins code pixel o to image pixel i. *)
Definition joined (a : Axis) (o i k : Z) : bool := up a * i =? down a * o + dilation a * k - pad a.

(* The j in 0 <= j < size with step*j = position, if there is one. Z.quot and Z.rem are the / and % of
   C++: they round towards zero. *)
Definition quotient_within (position step size : Z) : option Z :=
  if (position <? 0) || negb (Z.rem position step =? 0) || (size <=? Z.quot position step) then None
  else Some (Z.quot position step).

(* The third index of a tap from the other two: axis.hpp image_at, gather.hpp code_at, and the division
   of scatter.hpp. *)
Definition image_at (a : Axis) (o k : Z) : option Z :=
  quotient_within (down a * o + dilation a * k - pad a) (up a) (in_ a).
Definition code_at (a : Axis) (i k : Z) : option Z :=
  quotient_within (up a * i - dilation a * k + pad a) (down a) (out a).
Definition tap_at (a : Axis) (o i : Z) : option Z :=
  quotient_within (up a * i + pad a - down a * o) (dilation a) (taps a).

(* What an axis adds up to, by definition, for a summand G o i k; and the four ways to go through it. *)
Section Orders.
  Context {R : Type} `{Monoid R}.
  Implicit Types (G : Z -> Z -> Z -> R).

  Definition over_taps (a : Axis) G : R :=
    sum o < out a, sum i < in_ a, sum k < taps a, when (joined a o i k) (G o i k).

  Definition by_code_pixel (a : Axis) G : R :=
    sum o < out a, sum k < taps a, given i := image_at a o k, G o i k.
  Definition by_image_pixel (a : Axis) G : R :=
    sum i < in_ a, sum k < taps a, given o := code_at a i k, G o i k.
  Definition by_tap (a : Axis) G : R :=
    sum k < taps a, sum o < out a, given i := image_at a o k, G o i k.
  Definition by_pair (a : Axis) G : R :=
    sum i < in_ a, sum o < out a, given k := tap_at a o i, G o i k.
End Orders.

(* ---- Dividing finds the taps ------------------------------------------------------------------------- *)

(* The division finds the index that solves the equation, and nothing else. The position may be negative:
   C++'s rounding towards zero does no harm behind the first of the three tests. The solvers say so
   too: gather.smt2, rational_gather.smt2, taps_unique.smt2. *)
Theorem quotient_within_spec position step size :
  1 <= step ->
  forall j, quotient_within position step size = Some j <-> 0 <= j < size /\ step * j = position.
Proof.
  intros Hstep j. unfold quotient_within. split.
  - destruct (Z.ltb_spec position 0) as [| Hpositive]; [discriminate |].
    destruct (Z.eqb_spec (Z.rem position step) 0) as [Hrem |]; [| discriminate].
    destruct (Z.leb_spec size (Z.quot position step)) as [| Hsmall]; [discriminate |].
    intros [= <-]. pose proof (Z.quot_pos position step Hpositive ltac:(lia)).
    pose proof (Z.quot_rem position step ltac:(lia)). lia.
  - intros [Hj <-]. rewrite (Z.mul_comm step j), Z.quot_mul, Z.rem_mul by lia.
    destruct (Z.ltb_spec (j * step) 0); [nia |]. destruct (Z.leb_spec size j); [lia | reflexivity].
Qed.

(* Likewise for each of the three divisions of an axis. *)
Theorem image_at_spec a o k : 1 <= up a ->
  forall i, image_at a o k = Some i <-> 0 <= i < in_ a /\ joined a o i k = true.
Proof.
  intros Hup i. unfold image_at, joined. rewrite quotient_within_spec, Z.eqb_eq by assumption. lia.
Qed.

Theorem code_at_spec a i k : 1 <= down a ->
  forall o, code_at a i k = Some o <-> 0 <= o < out a /\ joined a o i k = true.
Proof.
  intros Hdown o. unfold code_at, joined. rewrite quotient_within_spec, Z.eqb_eq by assumption. lia.
Qed.

Theorem tap_at_spec a o i : 1 <= dilation a ->
  forall k, tap_at a o i = Some k <-> 0 <= k < taps a /\ joined a o i k = true.
Proof.
  intros Hdilation k. unfold tap_at, joined. rewrite quotient_within_spec, Z.eqb_eq by assumption. lia.
Qed.

(* ---- Every order gives the same sum ------------------------------------------------------------------ *)

Section SameSum.
  Context {R : Type} `{Monoid R}.
  Implicit Types (G : Z -> Z -> Z -> R) (F : Z -> Z -> R).

  (* The part of one code pixel: the taps of row o of the matrix W. *)
  Lemma code_pixel_part a o F : 1 <= up a ->
    sum k < taps a, (given i := image_at a o k, F i k)
    = sum i < in_ a, sum k < taps a, when (joined a o i k) (F i k).
  Proof.
    intros Hup. rewrite sum_swap. apply sum_ext. intros k _. symmetry.
    apply (sum_found _ _ _ (fun i => F i k)), image_at_spec, Hup.
  Qed.

  (* The part of one image pixel: the taps of column i of W. *)
  Lemma image_pixel_part a i F : 1 <= down a ->
    sum k < taps a, (given o := code_at a i k, F o k)
    = sum o < out a, sum k < taps a, when (joined a o i k) (F o k).
  Proof.
    intros Hdown. rewrite sum_swap. apply sum_ext. intros k _. symmetry.
    apply (sum_found _ _ _ (fun o => F o k)), code_at_spec, Hdown.
  Qed.

  (* The part of one pair of pixels: the one tap of an entry of W. *)
  Lemma pair_part a o i (F : Z -> R) : 1 <= dilation a ->
    (given k := tap_at a o i, F k) = sum k < taps a, when (joined a o i k) (F k).
  Proof. intros Hdilation. symmetry. apply sum_found, tap_at_spec, Hdilation. Qed.

  (* Conv order: for every code pixel and tap, the image pixel that it reads. *)
  Theorem code_pixels_visit_the_taps a G : 1 <= up a -> by_code_pixel a G = over_taps a G.
  Proof. intros Hup. apply sum_ext. intros o _. apply (code_pixel_part a o (G o)), Hup. Qed.

  (* Gather order: for every image pixel and tap, the code pixel that it came from, by dividing with the
     stride. *)
  Theorem image_pixels_visit_the_taps a G : 1 <= down a -> by_image_pixel a G = over_taps a G.
  Proof.
    intros Hdown. unfold over_taps. rewrite sum_swap. apply sum_ext. intros i _.
    apply (image_pixel_part a i (fun o k => G o i k)), Hdown.
  Qed.

  (* The order of the weight gradient: tap by tap. *)
  Theorem taps_visit_the_taps a G : 1 <= up a -> by_tap a G = over_taps a G.
  Proof. intros Hup. unfold by_tap. rewrite sum_swap. apply (code_pixels_visit_the_taps a G Hup). Qed.

  (* The order of scatter: for every pair of pixels, the tap that joins them, by dividing with the
     dilation. *)
  Theorem pairs_visit_the_taps a G : 1 <= dilation a -> by_pair a G = over_taps a G.
  Proof.
    intros Hdilation. unfold over_taps. rewrite sum_swap.
    apply sum_ext. intros i _. apply sum_ext. intros o _. apply (pair_part a o i (G o i)), Hdilation.
  Qed.
End SameSum.
