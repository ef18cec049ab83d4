(* Every axis in tiles, for all sizes: a convolution of any stride is, phase by phase, a convolution of stride 1, and a
   bilinear algorithm for that one, F(m, r), computes m of its results at a time.

   Code pixels o = r + up_step*t of one residue r move by one step of t; the image pixels that they read move by down_step,
   so that pixels of one residue f, a phase, are neighbours. Which tap joins two of them depends on their difference
   alone. Borders need no case: what is absent is zero. Sizes, padding and dilation are any, and the stride down/up need
   not be in lowest terms. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From fsconv Require Export Bilinear.

(* ---- Definitions, after engine/tiled_axis.hpp --------------------------------------------------------- *)

(* Steps that keep the taps: the stride's numbers without a common factor, or any multiple of these. (A dilation leaves
   gaps between the taps of a phase; longer steps make them neighbours.) *)
Definition steps (a : Axis) (up_step down_step : Z) : Prop :=
  1 <= up_step /\ 1 <= down_step /\ up a * down_step = down a * up_step.

(* n neighbouring pixels of every phase, from `first` on, are all that the taps of code pixel r reach. *)
Definition reached (a : Axis) (down_step r first n : Z) : Prop := forall i k,
  0 <= k < taps a -> joined a r i k = true -> down_step * first <= i < down_step * (first + n).

Section Tiles.
  Context {R : Type} `{Semiring R}.
  Add Ring values : (semiring_laws (R := R)).
  Implicit Types (a : Axis) (w x : Z -> R).

  (* The short filter of phase f, and the pixels that it meets from place t on. *)
  Definition phase_filter a down_step r first w (f j : Z) : R :=
    given k := tap_at a r (down_step * (first + j) + f), w k.
  Definition phase_image a down_step first x (t f p : Z) : R :=
    let i := down_step * (t + first + p) + f in when (inside (in_ a) i) (x i).

  (* An algorithm for a convolution of stride 1: y[i] = sum over j of w[j] x[i+j]. *)
  Definition for_stride_one (b : Bilinear R) : Prop :=
    pixels b = results b + filter_taps b - 1 /\ exact b (fun i j p => when (p =? i + j) one).

  (* ---- Phases ---------------------------------------------------------------------------------------- *)

  Lemma tap_moves a up_step down_step r i t : steps a up_step down_step ->
    tap_at a (r + up_step * t) (i + down_step * t) = tap_at a r i.
  Proof.
    intros [_ [_ Hsteps]]. unfold tap_at. f_equal. rewrite !Z.mul_add_distr_l, !Z.mul_assoc, Hsteps. ring.
  Qed.

  (* A sum over all indices is one over a window, if there is nothing outside. *)
  Lemma sum_window n m base (F : Z -> R) :
    (forall i, 0 <= i < n -> ~ (base <= i < base + m) -> F i = zero) ->
    sum i < n, F i = sum u < m, when (inside n (base + u)) (F (base + u)).
  Proof.
    intros Hzero. transitivity (sum i < n, sum u < m, when (u =? i - base) (F i)).
    - apply sum_ext. intros i Hi. symmetry. destruct (inside m (i - base)) eqn:E.
      + apply inside_spec in E. rewrite (sum_only m _ (i - base) E); [now rewrite Z.eqb_refl |].
        intros u _ Hne. now rewrite (proj2 (Z.eqb_neq _ _) Hne).
      + rewrite Hzero; [apply sum_zero; intros u _; now destruct (u =? i - base) | assumption |].
        intros Hin. enough (inside m (i - base) = true) by congruence. apply inside_spec. lia.
    - rewrite sum_swap. apply sum_ext. intros u _. destruct (inside n (base + u)) eqn:E; cbn [when].
      + apply inside_spec in E. rewrite (sum_only n _ (base + u) E).
        * replace (base + u - base) with u by ring. now rewrite Z.eqb_refl.
        * intros i _ Hne. destruct (Z.eqb_spec u (i - base)); [lia | reflexivity].
      + apply sum_zero. intros i Hi. destruct (Z.eqb_spec u (i - base)); [| reflexivity].
        enough (inside n (base + u) = true) by congruence. apply inside_spec. lia.
  Qed.

  (* A convolution of any stride is a sum of convolutions of stride 1: code pixel t of its residue meets pixels
     t, t+1, ... of every phase. *)
  Theorem phases_have_stride_one a up_step down_step r first n w x t :
    1 <= up a -> 1 <= dilation a -> steps a up_step down_step -> 0 <= n -> reached a down_step r first n ->
    conv a w x (r + up_step * t)
    = sum f < down_step, sum j < n,
        phase_filter a down_step r first w f j [*] phase_image a down_step first x t f j.
  Proof.
    intros Hup Hdilation Hsteps Hn Hreached. rewrite conv_is_W by assumption.
    pose proof Hsteps as [_ [Hdown_step _]].
    transitivity (sum i < in_ a, (given k := tap_at a (r + up_step * t) i, w k) [*] x i).
    { apply sum_ext. intros i _. now rewrite entry_of_W by assumption. }
    rewrite (sum_window _ (n * down_step) (down_step * (t + first))).
    - rewrite sum_swap, <- (sum_rows n down_step (fun j f =>
        phase_filter a down_step r first w f j [*] phase_image a down_step first x t f j)) by lia.
      apply sum_ext. intros u _. unfold phase_filter, phase_image.
      pose proof (Z.div_mod u down_step ltac:(lia)) as Hdiv. set (j := u / down_step) in *.
      set (f := u mod down_step) in *.
      replace (down_step * (t + first) + u) with (down_step * (t + first + j) + f) by lia.
      rewrite <- mul_when. f_equal.
      replace (down_step * (t + first + j) + f) with (down_step * (first + j) + f + down_step * t) by ring.
      now rewrite (tap_moves a up_step down_step).
    - intros i _ Houtside. destruct (tap_at a (r + up_step * t) i) as [k |] eqn:E; cbn [if_found]; [| ring].
      exfalso. apply Houtside. replace i with (i - down_step * t + down_step * t) in E by ring.
      rewrite (tap_moves a up_step down_step) in E by assumption.
      destruct (proj1 (tap_at_spec a r (i - down_step * t) Hdilation k) E) as [Hk Hjoined].
      specialize (Hreached _ _ Hk Hjoined). lia.
  Qed.

  (* ---- Tiles ----------------------------------------------------------------------------------------- *)

  Lemma stride_one b w x i : for_stride_one b -> 0 <= i < results b ->
    scale b [*] (sum j < filter_taps b, w j [*] x (i + j)) = fast_conv b w x i.
  Proof.
    intros [Hpixels Hexact] Hi. rewrite <- (proj1 (exact_is_right_for_conv b _) Hexact w x i Hi). f_equal.
    apply sum_ext. intros j Hj. rewrite (sum_only (pixels b) _ (i + j)) by
      (try lia; intros p _ Hne; rewrite (proj2 (Z.eqb_neq _ _) Hne); cbn [when]; ring).
    rewrite Z.eqb_refl. cbn [when]. ring.
  Qed.

  (* A tile: the code pixels at t, ..., t + results - 1 of a residue, from `products` products for each phase. *)
  Theorem tile_is_conv a up_step down_step r first b w x t c :
    1 <= up a -> 1 <= dilation a -> steps a up_step down_step -> 0 <= filter_taps b ->
    reached a down_step r first (filter_taps b) -> for_stride_one b -> 0 <= c < results b ->
    scale b [*] conv a w x (r + up_step * (t + c))
    = sum f < down_step,
        fast_conv b (phase_filter a down_step r first w f) (phase_image a down_step first x t f) c.
  Proof.
    intros Hup Hdilation Hsteps Hn Hreached Hb Hc.
    rewrite (phases_have_stride_one a up_step down_step r first (filter_taps b)) by assumption.
    rewrite mul_sum. apply sum_ext. intros f _. rewrite <- (stride_one b) by assumption. f_equal.
    apply sum_ext. intros j _. f_equal. unfold phase_image.
    now replace (t + first + (c + j)) with (t + c + first + j) by ring.
  Qed.
End Tiles.
