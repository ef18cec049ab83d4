(* The form zero_insertion: a convolution over an array that is stretched with zeros.

   The oldest picture of a transposed convolution: put down-1 zeros between the code pixels and
   dilation*(taps-1) - pad zeros before them, then slide the flipped filter over the result with stride
   1. It is the form where mistakes are most often made: the pad is not `pad`, the filter is not the
   filter. Shown here: with that pad and that flip it is the transposed convolution, and the plain one
   where up > 1 stretches the image. That a product with an inserted zero is zero is a law of semirings;
   numbers with Inf and NaN do not obey it. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From fsconv Require Export Transpose.

Section ZeroInsertion.
  Context {R : Type} `{Semiring R}.
  Add Ring values : (semiring_laws (R := R)).
  Implicit Types (w x y from : Z -> R) (a : Axis).

  (* ---- Definitions, after zero_insertion.hpp --------------------------------------------------------- *)

  (* Puts pixel p at first + spacing*p on a grid; what falls outside is cropped, what is not reached is
     zero. *)
  Definition stretch from (pixels spacing first grid : Z) : Z -> R :=
    fun z => when (inside grid z) (sum p < pixels, when (z =? first + spacing * p) (from p)).

  Definition stretched_image a x : Z -> R :=
    stretch x (in_ a) (up a) (pad a) (down a * (out a - 1) + extent a).
  Definition spread_code a y : Z -> R :=
    stretch y (out a) (down a) 0 (down a * (out a - 1) + 1).

  Definition correlate a w (z : Z -> R) (o : Z) : R :=
    sum k < taps a, w k [*] z (down a * o + dilation a * k).

  Definition zero_insertion_conv a w x : Z -> R := correlate a w (stretched_image a x).
  Definition zero_insertion_conv_transpose a w y : Z -> R :=
    zero_insertion_conv (transposed a) (flipped a w) y.
  Definition zero_insertion_weight_gradient a y x (k : Z) : R :=
    sum j < down a * (out a - 1) + 1, spread_code a y j [*] stretched_image a x (j + dilation a * k).

  (* ---- The stretched array is read where the taps are ------------------------------------------------ *)

  (* A window never leaves the grid. What it sees there is the pixel that the tap reads, or zero. *)
  Lemma stretched_image_at_tap a x o k :
    1 <= up a -> 0 <= down a -> 0 <= dilation a -> 0 <= o < out a -> 0 <= k < taps a ->
    stretched_image a x (down a * o + dilation a * k) = given i := image_at a o k, x i.
  Proof.
    intros Hup Hdown Hdilation Ho Hk. unfold stretched_image, stretch.
    rewrite (proj2 (inside_spec _ _)) by (unfold extent; nia). cbn [when].
    rewrite <- (sum_found (in_ a) (fun i => joined a o i k) (image_at a o k) x) by now apply image_at_spec.
    apply sum_ext. intros i _. f_equal. unfold joined. apply eq_true_iff_eq. rewrite !Z.eqb_eq. lia.
  Qed.

  (* ---- The same maps --------------------------------------------------------------------------------- *)

  (* Correlating the stretched image is the convolution: for a fractional stride, up > 1, and for an
     integer one. *)
  Theorem zero_insertion_is_conv a w x o :
    1 <= up a -> 0 <= down a -> 0 <= dilation a -> 0 <= o < out a ->
    zero_insertion_conv a w x o = conv a w x o.
  Proof.
    intros Hup Hdown Hdilation Ho. apply sum_ext. intros k Hk.
    rewrite stretched_image_at_tap by assumption. apply mul_given.
  Qed.

  (* Correlating the stretched code with the flipped filter is the transposed convolution. *)
  Theorem zero_insertion_is_conv_transpose a w y i :
    0 <= up a -> 1 <= down a -> 0 <= dilation a -> 0 <= i < in_ a ->
    zero_insertion_conv_transpose a w y i = conv_transpose a w y i.
  Proof. intros. rewrite <- conv_of_transposed. now apply zero_insertion_is_conv. Qed.

  (* Correlating the stretched image with the spread code as its filter is the weight gradient. *)
  Theorem zero_insertion_is_weight_gradient a y x k :
    1 <= up a -> 0 <= down a -> 0 <= dilation a -> 0 <= k < taps a ->
    zero_insertion_weight_gradient a y x k = weight_gradient a y x k.
  Proof.
    intros Hup Hdown Hdilation Hk. unfold zero_insertion_weight_gradient, weight_gradient.
    set (n := down a * (out a - 1) + 1). set (z := stretched_image a x).
    transitivity (sum j < n, sum o < out a, when (j =? down a * o) (y o [*] z (down a * o + dilation a * k))).
    - apply sum_ext. intros j Hj. unfold spread_code, stretch. fold n.
      rewrite (proj2 (inside_spec n j) Hj). cbn [when].
      transitivity (z (j + dilation a * k) [*] sum o < out a, when (j =? 0 + down a * o) (y o)); [ring |].
      rewrite mul_sum. apply sum_ext. intros o _. rewrite Z.add_0_l, mul_when.
      destruct (Z.eqb_spec j (down a * o)) as [-> |]; [cbn [when]; ring | reflexivity].
    - rewrite sum_swap. apply sum_ext. intros o Ho. rewrite (sum_only n _ (down a * o)).
      + rewrite Z.eqb_refl. cbn [when]. unfold z. rewrite stretched_image_at_tap by assumption.
        apply mul_given.
      + unfold n. nia.
      + intros j _ Hne. now rewrite (proj2 (Z.eqb_neq _ _) Hne).
  Qed.
End ZeroInsertion.
