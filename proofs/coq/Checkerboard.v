(* Checkerboards along one axis: what a flat code gives, and which filters leave it flat.

   A transposed convolution of stride s gives a flat code, away from the borders, the sums of the filter's taps
   by phase, so an image of period s: the checkerboard. It is flat exactly where these s sums are equal. That is
   the case exactly where the filter, as a polynomial in z, is a multiple of the box 1 + z + ... + z^(s-1); and
   exactly where the transposed convolution is nearest-neighbour upsampling, every code pixel repeated s times,
   and a plain convolution with the quotient behind it, which has s-1 taps fewer. A filter shorter than the
   stride has equal sums only if all its taps are zero: then the quotient has no taps.

   Along two axes, equal sums do not make a resize-convolution: the last theorem has the smallest filter that
   has the former and is not the latter.

   The quotient takes differences, so values can be negated here: they form a commutative ring. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From fsconv Require Export Transpose.

Class Ring (R : Type) := {
  semiring :> Semiring R;
  opp : R -> R;
  add_opp : forall a, add a (opp a) = zero
}.

(* ---- Definitions, after checkerboard.hpp ------------------------------------------------------------- *)

Section Checkerboard.
  Context {R : Type} `{Ring R}.
  Add Ring values : (semiring_laws (R := R)).
  Implicit Types (w q y : Z -> R) (a : Axis) (s n m i j k r : Z).

  (* The sum of those of n taps, `d` apart, that stand on phase r of stride s. *)
  Definition phase_sum s d n w r : R := sum k < n, when ((d * k - r) mod s =? 0) (w k).

  Definition equal_sums s n w : Prop :=
    forall r, 0 <= r < s -> phase_sum s 1 n w r = phase_sum s 1 n w 0.

  (* Coefficient k of the product of a filter of m taps with the box 1 + z + ... + z^(s-1). *)
  Definition boxed s m q k : R := sum r < s, when (inside m (k - r)) (q (k - r)).

  (* Every code pixel s times; and the axis of the plain convolution that follows, seen from the code. *)
  Definition nearest s y : Z -> R := fun p => y (p / s).
  Definition behind_nearest a : Axis :=
    {| in_ := in_ a; out := down a * out a; taps := taps a - down a + 1; down := 1; up := up a;
       dilation := 1; pad := pad a |}.

  (* An axis of this stride and filter, of any sizes, padding and upper number of the stride. *)
  Definition of_filter s n a : Prop := down a = s /\ taps a = n /\ dilation a = 1.

  (* ---- A flat code ----------------------------------------------------------------------------------- *)

  (* Away from the borders, where no tap that the stride admits lacks its code pixel, a flat code gives image
     pixel i the sum of the taps of its phase, up*i + pad. *)
  Theorem flat_code_gives_phase_sums a w c i : 1 <= down a ->
    (forall k, 0 <= k < taps a -> (up a * i - dilation a * k + pad a) mod down a = 0 ->
               0 <= up a * i - dilation a * k + pad a < down a * out a) ->
    conv_transpose a w (fun _ => c) i
    = phase_sum (down a) (dilation a) (taps a) w (up a * i + pad a) [*] c.
  Proof.
    intros Hdown Hinterior. unfold conv_transpose, phase_sum.
    transitivity (c [*] (sum k < taps a, when ((dilation a * k - (up a * i + pad a)) mod down a =? 0) (w k)));
      [| ring].
    rewrite mul_sum. apply sum_ext. intros k Hk. rewrite mul_when.
    pose proof (code_at_spec a i k Hdown) as Hspec. unfold joined in Hspec.
    set (position := up a * i - dilation a * k + pad a) in *.
    replace (dilation a * k - (up a * i + pad a)) with (- position) by (unfold position; ring).
    destruct (Z.eqb_spec ((- position) mod down a) 0) as [Hmod | Hmod].
    - assert (Hdivides : (down a | position)).
      { apply Z.divide_opp_r, Z.mod_divide; [lia | exact Hmod]. }
      destruct Hdivides as [o Ho].
      specialize (Hinterior k Hk ltac:(fold position; rewrite Ho; apply Z.mod_mul; lia)). fold position in Hinterior.
      assert (Hat : code_at a i k = Some o).
      { apply Hspec. split; [nia |]. apply Z.eqb_eq. unfold position in Ho. lia. }
      rewrite Hat. cbn [if_found when]. ring.
    - destruct (code_at a i k) as [o |] eqn:Hat; [| reflexivity]. exfalso. apply Hmod.
      destruct (proj1 (Hspec o) eq_refl) as [_ Hjoined]. apply Z.eqb_eq in Hjoined.
      apply Z.mod_divide; [lia |]. exists (- o). unfold position. lia.
  Qed.

  (* The phase sums have period s: so does the image. *)
  Theorem phase_sums_have_period s d n w r t : 1 <= s ->
    phase_sum s d n w (r + s * t) = phase_sum s d n w r.
  Proof.
    intros Hs. apply sum_ext. intros k _. f_equal. f_equal.
    replace (d * k - (r + s * t)) with (d * k - r + (- t) * s) by ring. apply Z.mod_add. lia.
  Qed.

  (* ---- A multiple of the box has equal sums ---------------------------------------------------------- *)

  (* A loop over the coefficients of the product, as loops over the box and the filter. *)
  Lemma sum_boxed s m q (f : Z -> R) :
    sum k < m + s - 1, (f k [*] boxed s m q k) = sum r < s, sum j < m, (f (j + r) [*] q j).
  Proof.
    transitivity (sum k < m + s - 1, sum r < s, when (inside m (k - r)) (f k [*] q (k - r))).
    { apply sum_ext. intros k _. unfold boxed. rewrite mul_sum. apply sum_ext. intros r _. apply mul_when. }
    rewrite sum_swap. apply sum_ext. intros r Hr.
    rewrite (sum_reindex (m + s - 1) m (fun j => j + r) (fun k => k - r)).
    - apply sum_ext. intros j Hj. replace (j + r - r) with j by ring.
      now rewrite (proj2 (inside_spec m j) Hj).
    - intros j Hj. lia.
    - intros k Hk. destruct (inside m (k - r)) eqn:E; [left | right; reflexivity].
      apply inside_spec in E. lia.
  Qed.

  Theorem multiples_of_the_box_have_equal_sums s m q : 1 <= s -> equal_sums s (m + s - 1) (boxed s m q).
  Proof.
    intros Hs r Hr.
    assert (Hany : forall r, 0 <= r < s -> phase_sum s 1 (m + s - 1) (boxed s m q) r = sum j < m, q j).
    { clear r Hr. intros r Hr. unfold phase_sum.
      transitivity (sum k < m + s - 1, (when ((1 * k - r) mod s =? 0) one [*] boxed s m q k)).
      { apply sum_ext. intros k _. destruct ((1 * k - r) mod s =? 0); cbn [when]; ring. }
      rewrite (sum_boxed s m q (fun k => when ((1 * k - r) mod s =? 0) one)), sum_swap.
      apply sum_ext. intros j _. rewrite (sum_only s _ ((r - j) mod s)).
      - destruct (Z.eqb_spec ((1 * (j + (r - j) mod s) - r) mod s) 0) as [_ | Hne];
          [cbn [when]; ring | exfalso; apply Hne].
        pose proof (Z.div_mod (r - j) s ltac:(lia)) as Hdiv.
        apply Z.mod_divide; [lia |]. exists (- ((r - j) / s)). lia.
      - apply Z.mod_pos_bound. lia.
      - intros t Ht Hne. destruct (Z.eqb_spec ((1 * (j + t) - r) mod s) 0) as [E | _]; [| cbn [when]; ring].
        exfalso. apply Hne. apply Z.mod_divide in E; [| lia]. destruct E as [z Hz].
        apply (Z.mod_unique_pos _ _ (- z)); lia. }
    now rewrite !Hany by lia.
  Qed.

  (* ---- Equal sums make a multiple of the box --------------------------------------------------------- *)

  (* The taps of the phase of j up to j; their differences are the quotient. *)
  Definition partial_sum s n w j : R := sum k < n, when ((k <=? j) && ((1 * k - j) mod s =? 0)) (w k).
  Definition quotient s n w j : R := partial_sum s n w j [+] opp (partial_sum s n w (j - 1)).

  Lemma cancel (x y : R) : x [+] opp y = zero <-> x = y.
  Proof.
    split; [| intros ->; apply add_opp]. intros E.
    transitivity (x [+] (y [+] opp y)); [rewrite add_opp; ring |].
    transitivity (y [+] (x [+] opp y)); [ring | rewrite E; ring].
  Qed.

  Lemma partial_sum_before s n w j : j < 0 -> partial_sum s n w j = zero.
  Proof.
    intros Hj. apply sum_zero. intros k Hk. destruct (Z.leb_spec k j); [lia | reflexivity].
  Qed.

  Lemma partial_sum_whole s n w j : 1 <= s -> n - s <= j ->
    partial_sum s n w j = phase_sum s 1 n w (j mod s).
  Proof.
    intros Hs Hj. apply sum_ext. intros k Hk. f_equal.
    pose proof (Z.div_mod j s ltac:(lia)) as Hdiv.
    replace (1 * k - j mod s) with (1 * k - j + (j / s) * s) by lia. rewrite Z.mod_add by lia.
    destruct (Z.eqb_spec ((1 * k - j) mod s) 0) as [E | _]; [| apply andb_false_r].
    rewrite andb_true_r. apply Z.leb_le. apply Z.mod_divide in E; [| lia]. destruct E as [z Hz].
    assert (z * s < 1 * s) as Hz1 by lia. apply Z.mul_lt_mono_pos_r in Hz1; [| lia].
    enough (z * s <= 0 * s) by lia. apply Z.mul_le_mono_nonneg_r; lia.
  Qed.

  Lemma partial_sum_step s n w k : 1 <= s -> 0 <= k < n ->
    partial_sum s n w k = w k [+] partial_sum s n w (k - s).
  Proof.
    intros Hs Hk.
    transitivity (sum t < n, (when (t =? k) (w t)
                              [+] when ((t <=? k - s) && ((1 * t - (k - s)) mod s =? 0)) (w t))).
    - apply sum_ext. intros t Ht.
      replace (1 * t - (k - s)) with (1 * t - k + 1 * s) by ring. rewrite Z.mod_add by lia.
      destruct (Z.eqb_spec t k) as [-> | Hne].
      + replace (1 * k - k) with 0 by ring. rewrite Z.mod_0_l by lia.
        destruct (Z.leb_spec k (k - s)); [lia |]. rewrite Z.leb_refl. cbn. ring.
      + destruct (Z.eqb_spec ((1 * t - k) mod s) 0) as [E | _];
          [| rewrite !andb_false_r; cbn [when]; ring].
        apply Z.mod_divide in E; [| lia]. destruct E as [z Hz].
        replace (t <=? k) with (t <=? k - s); [cbn [when]; ring |].
        destruct (Z.leb_spec t (k - s)), (Z.leb_spec t k); try reflexivity; exfalso; [lia |].
        assert (z * s < 0 * s) as Hz1 by lia. apply Z.mul_lt_mono_pos_r in Hz1; [| lia].
        enough (z * s <= -1 * s) by lia. apply Z.mul_le_mono_nonneg_r; lia.
    - rewrite sum_add. f_equal. rewrite (sum_only n _ k Hk); [now rewrite Z.eqb_refl |].
      intros t _ Hne. now rewrite (proj2 (Z.eqb_neq t k) Hne).
  Qed.

  (* Differences in a row leave the first and the last. *)
  Lemma telescope (f : Z -> R) k n : 0 <= n ->
    sum r < n, (f (k - r) [+] opp (f (k - r - 1))) = f k [+] opp (f (k - n)).
  Proof.
    revert n. apply natlike_ind.
    - rewrite sum_empty by lia. replace (k - 0) with k by ring. symmetry. apply add_opp.
    - intros n Hn IH. unfold Z.succ. rewrite sum_step, IH by lia.
      replace (k - (n + 1)) with (k - n - 1) by ring.
      transitivity (f k [+] opp (f (k - n - 1)) [+] (f (k - n) [+] opp (f (k - n)))); [ring |].
      rewrite add_opp. ring.
  Qed.

  Theorem equal_sums_are_multiples_of_the_box s n w : 1 <= s -> equal_sums s n w ->
    forall k, 0 <= k < n -> w k = boxed s (n - s + 1) (quotient s n w) k.
  Proof.
    intros Hs Hequal k Hk. unfold boxed.
    rewrite (sum_ext s _ (fun r => quotient s n w (k - r))).
    - unfold quotient. rewrite (telescope (partial_sum s n w) k s) by lia.
      rewrite (partial_sum_step s n w k Hs Hk).
      transitivity (w k [+] (partial_sum s n w (k - s) [+] opp (partial_sum s n w (k - s))));
        [rewrite add_opp; ring | ring].
    - intros r Hr. destruct (inside (n - s + 1) (k - r)) eqn:E; cbn [when]; [reflexivity |].
      symmetry. unfold quotient. apply cancel. destruct (Z.ltb_spec (k - r) 0).
      + now rewrite !partial_sum_before by lia.
      + assert (n - s + 1 <= k - r).
        { destruct (Z.leb_spec (n - s + 1) (k - r)); [assumption |].
          exfalso. enough (inside (n - s + 1) (k - r) = true) by congruence. apply inside_spec. lia. }
        rewrite !partial_sum_whole by lia.
        rewrite (Hequal ((k - r) mod s)), (Hequal ((k - r - 1) mod s)); [reflexivity | |];
          apply Z.mod_pos_bound; lia.
  Qed.

  (* ---- A multiple of the box is a resize-convolution ------------------------------------------------- *)

  (* Whatever the sizes, the padding and the upper number of the stride, border pixels included. *)
  Theorem boxed_is_resize a q y i : 1 <= down a -> dilation a = 1 ->
    conv_transpose a (boxed (down a) (taps a - down a + 1) q) y i
    = conv_transpose (behind_nearest a) q (nearest (down a) y) i.
  Proof.
    intros Hdown Hdilation. unfold conv_transpose. cbn [behind_nearest taps].
    set (s := down a) in *. set (m := taps a - s + 1).
    transitivity (sum k < m + s - 1, ((given o := code_at a i k, y o) [*] boxed s m q k)).
    { replace (m + s - 1) with (taps a) by (unfold m; ring). apply sum_ext. intros k _.
      destruct (code_at a i k); cbn [if_found]; ring. }
    rewrite sum_boxed, sum_swap. apply sum_ext. intros j Hj.
    pose proof (code_at_spec (behind_nearest a) i j ltac:(cbn; lia)) as Hbehind.
    unfold joined in Hbehind. cbn [behind_nearest out up down dilation pad] in Hbehind. fold s in Hbehind.
    assert (Hfront : forall r, forall o, code_at a i (j + r) = Some o <->
              0 <= o < out a /\ up a * i + pad a - j = s * o + r).
    { intros r o. rewrite (code_at_spec a i (j + r) Hdown o). unfold joined. rewrite Z.eqb_eq, Hdilation.
      fold s. lia. }
    set (p := up a * i + pad a - j) in *.
    destruct (code_at (behind_nearest a) i j) as [p' |] eqn:E.
    - destruct (proj1 (Hbehind p') eq_refl) as [Hp' Hj']. apply Z.eqb_eq in Hj'.
      assert (p' = p) by (unfold p; lia). subst p'. cbn [if_found]. unfold nearest.
      pose proof (Z.div_mod p s ltac:(lia)) as Hdiv. pose proof (Z.mod_pos_bound p s ltac:(lia)) as Hmod.
      rewrite (sum_only s _ (p mod s) Hmod).
      + rewrite (proj2 (Hfront (p mod s) (p / s))); [cbn [if_found]; ring |]. split; [| lia]. nia.
      + intros r Hr Hne. destruct (code_at a i (j + r)) as [o |] eqn:Eo; cbn [if_found]; [| ring].
        exfalso. apply Hne. destruct (proj1 (Hfront r o) Eo) as [_ Ho].
        apply (Z.mod_unique_pos p s o); lia.
    - cbn [if_found]. apply sum_zero. intros r Hr.
      destruct (code_at a i (j + r)) as [o |] eqn:Eo; cbn [if_found]; [| ring].
      destruct (proj1 (Hfront r o) Eo) as [Ho Hp]. exfalso.
      enough (None = Some p) by discriminate. apply Hbehind. split; [nia |]. apply Z.eqb_eq. unfold p. lia.
  Qed.

  (* The same as an ordinary convolution of the upsampled code: stride `up`, taps-down-pad pixels in front. *)
  Theorem boxed_is_resize_then_conv a q y i : 1 <= down a -> 1 <= up a -> dilation a = 1 ->
    let plain := transposed (behind_nearest a) in
    conv_transpose a (boxed (down a) (taps a - down a + 1) q) y i
    = conv plain (flipped (behind_nearest a) q) (nearest (down a) y) i
    /\ down plain = up a /\ up plain = 1 /\ taps plain = taps a - down a + 1
    /\ pad plain = taps a - down a - pad a.
  Proof.
    intros Hdown Hup Hdilation plain. split.
    - unfold plain. rewrite conv_of_transposed. now apply boxed_is_resize.
    - unfold plain, transposed, behind_nearest, extent. cbn [down up taps pad dilation]. lia.
  Qed.

  (* ---- The three statements are one ------------------------------------------------------------------ *)

  Theorem checkerboard s n w : 1 <= s ->
    (equal_sums s n w <-> exists q, forall k, 0 <= k < n -> w k = boxed s (n - s + 1) q k)
    /\ (equal_sums s n w <->
        exists q, forall a, of_filter s n a -> forall y i,
          conv_transpose a w y i = conv_transpose (behind_nearest a) q (nearest s y) i).
  Proof.
    intros Hs.
    assert (Hdivides : equal_sums s n w <-> exists q, forall k, 0 <= k < n -> w k = boxed s (n - s + 1) q k).
    { split.
      - intros Hequal. exists (quotient s n w). now apply equal_sums_are_multiples_of_the_box.
      - intros [q Hq] r Hr.
        assert (Hsame : forall t, phase_sum s 1 n w t = phase_sum s 1 n (boxed s (n - s + 1) q) t).
        { intros t. apply sum_ext. intros k Hk. now rewrite Hq. }
        rewrite !Hsame. pose proof (multiples_of_the_box_have_equal_sums s (n - s + 1) q Hs r Hr) as E.
        now replace (n - s + 1 + s - 1) with n in E by ring. }
    split; [exact Hdivides |]. rewrite Hdivides. split; intros [q Hq]; exists q.
    - intros a (Hdown & Htaps & Hdilation) y i. subst s n.
      rewrite <- boxed_is_resize by assumption. apply sum_ext. intros k Hk.
      destruct (code_at a i k); cbn [if_found]; [now rewrite Hq | reflexivity].
    - intros k Hk.
      (* A code of one pixel, 1, gives the filter itself. *)
      set (a := {| in_ := n; out := 1; taps := n; down := s; up := 1; dilation := 1; pad := 0 |}).
      assert (Hone : forall v, conv_transpose a v (fun _ => one) k = v k).
      { intros v. unfold conv_transpose. cbn [a taps]. rewrite (sum_only n _ k Hk).
        - rewrite (proj2 (code_at_spec a k k Hs 0)); [cbn [if_found]; ring |]. split; [cbn; lia |].
          unfold joined, a. apply Z.eqb_eq. cbn [up down dilation pad]. lia.
        - intros t Ht Hne. destruct (code_at a k t) as [o |] eqn:E; [| reflexivity]. exfalso.
          apply (code_at_spec a k t Hs) in E. destruct E as [Ho Hj]. unfold a in Ho, Hj.
          unfold joined in Hj. apply Z.eqb_eq in Hj. cbn [out up down dilation pad] in Ho, Hj.
          assert (o = 0) by lia. subst o. lia. }
      rewrite <- (Hone w), <- (Hone (boxed s (n - s + 1) q)).
      rewrite (Hq a) by (repeat split). symmetry.
      apply (boxed_is_resize a q (fun _ => one) k Hs). reflexivity.
  Qed.

  (* A filter shorter than the stride: only zeros. *)
  Theorem shorter_than_the_stride s n w : 1 <= s -> n < s -> equal_sums s n w ->
    forall k, 0 <= k < n -> w k = zero.
  Proof.
    intros Hs Hn Hequal k Hk.
    rewrite (equal_sums_are_multiples_of_the_box s n w Hs Hequal k Hk).
    apply sum_zero. intros r _. destruct (inside (n - s + 1) (k - r)) eqn:E; [| reflexivity].
    apply inside_spec in E. lia.
  Qed.
End Checkerboard.

(* ---- Two axes ---------------------------------------------------------------------------------------- *)

(* Stride 2 along both axes, 2 x 3 taps: rows 1 1 0 and 0 1 1. All four phase sums are 1, and it is no product of
   the boxes with anything: each column would have to hold the same number twice. *)
Definition integers : Monoid Z :=
  {| zero := 0; add := Z.add; add_zero := Z.add_0_l; add_comm := Z.add_comm; add_assoc := Z.add_assoc |}.
Local Existing Instance integers.

Definition staircase (k l : Z) : Z := if k =? 0 then (if l <? 2 then 1 else 0) else (if l <? 1 then 0 else 1).
Definition phase_sum_of_two (w : Z -> Z -> Z) (r t : Z) : Z :=
  sum k < 2, sum l < 3, when (((k - r) mod 2 =? 0) && ((l - t) mod 2 =? 0)) (w k l).
Definition boxed_twice (q : Z -> Z -> Z) (k l : Z) : Z :=
  sum r < 2, sum t < 2, when (inside 1 (k - r) && inside 2 (l - t)) (q (k - r) (l - t)).

Theorem two_axes_are_stricter :
  (forall r t, 0 <= r < 2 -> 0 <= t < 2 -> phase_sum_of_two staircase r t = 1)
  /\ ~ exists q, forall k l, 0 <= k < 2 -> 0 <= l < 3 -> staircase k l = boxed_twice q k l.
Proof.
  split.
  - intros r t Hr Ht.
    assert (r = 0 \/ r = 1) as [-> | ->] by lia; assert (t = 0 \/ t = 1) as [-> | ->] by lia; reflexivity.
  - intros [q Hq]. pose proof (Hq 0 0 ltac:(lia) ltac:(lia)) as E0.
    pose proof (Hq 1 0 ltac:(lia) ltac:(lia)) as E1.
    assert (boxed_twice q 0 0 = boxed_twice q 1 0) as E by (vm_compute; now destruct (q 0 0)).
    rewrite <- E0, <- E1 in E. discriminate E.
Qed.
