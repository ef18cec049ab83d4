(* The form polyphase: a stride split into phases, in which no division is left.

   Where a transposed convolution of stride `down` divides, only some taps divide without a remainder,
   and which ones depends only on the result's remainder modulo the stride: its phase. So each phase has
   a filter of its own, and inside it the source pixels follow by addition. Textbooks show dilation 1,
   where the taps of a phase are every down-th one. polyphase.hpp does it for any dilation and any
   rational stride, with the greatest common divisor and an inverse modulo (Bezout); this file follows it
   line by line. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From Coq Require Import Znumtheory.
From fsconv Require Export Axis.

(* ---- Definitions, after polyphase.hpp phases --------------------------------------------------------- *)

(* The problem of one result pixel: which taps k, and which source pixels, solve
       divisor*source = multiplier*result + sign*(dilation*k - pad)      0 <= k < taps, 0 <= source < sources.
   conv solves for image pixels (divisor up, sign 1), conv_transpose for code pixels (divisor down,
   sign -1). *)
Record Problem := { divisor : Z; multiplier : Z; sign : Z; step : Z; offset : Z; filter : Z; sources : Z }.

Definition conv_problem (a : Axis) : Problem :=
  {| divisor := up a; multiplier := down a; sign := 1;
     step := dilation a; offset := pad a; filter := taps a; sources := in_ a |}.
Definition conv_transpose_problem (a : Axis) : Problem :=
  {| divisor := down a; multiplier := up a; sign := -1;
     step := dilation a; offset := pad a; filter := taps a; sources := out a |}.

Section Phases.
  Variables (p : Problem) (inverse : Z).

  Definition common : Z := Z.gcd (step p) (divisor p).
  Definition tap_step : Z := divisor p / common.

  (* What C++ computes with inverse_modulo(dilation/common, tap_step). *)
  Definition is_inverse : Prop := (step p / common * inverse) mod tap_step = 1 mod tap_step.

  (* One phase: the results `phase`, phase + divisor, phase + 2*divisor, ... *)
  Definition residue (phase : Z) : Z := (offset p - sign p * multiplier p * phase) mod divisor p.
  Definition first_tap (phase : Z) : Z := (residue phase / common * inverse) mod tap_step.
  Definition phase_taps (phase : Z) : Z :=
    if residue phase mod common =? 0
    then if first_tap phase <? filter p then (filter p - 1 - first_tap phase) / tap_step + 1 else 0
    else 0.
  Definition first_source (phase : Z) : Z :=
    Z.quot (multiplier p * phase + sign p * (step p * first_tap phase - offset p)) (divisor p).

  (* Tap j of result m of a phase: where it is in the filter, and what it reads. *)
  Definition phase_tap (phase j : Z) : Z := first_tap phase + tap_step * j.
  Definition phase_source (phase m j : Z) : Z :=
    first_source phase + multiplier p * m + sign p * (step p / common) * j.

  (* One result pixel by its phase, for any summand F source tap; and what it should be, by dividing. *)
  Definition polyphase_at {R} `{Monoid R} (result : Z) (F : Z -> Z -> R) : R :=
    let phase := result mod divisor p in
    let m := result / divisor p in
    sum j < phase_taps phase,
      let source := phase_source phase m j in when (inside (sources p) source) (F source (phase_tap phase j)).

  Definition dividing_at {R} `{Monoid R} (result : Z) (F : Z -> Z -> R) : R :=
    sum k < filter p,
      given source := quotient_within (multiplier p * result + sign p * (step p * k - offset p))
                                      (divisor p) (sources p),
      F source k.

  (* ---- The arithmetic of a phase --------------------------------------------------------------------- *)

  Hypothesis divisor_positive : 1 <= divisor p.
  Hypothesis sign_is_unit : sign p = 1 \/ sign p = -1.
  Hypothesis inverse_is_inverse : is_inverse.

  Lemma equal_modulo a b m : 1 <= m -> a mod m = b mod m -> exists c, a - b = c * m.
  Proof.
    intros Hm E. exists (a / m - b / m). pose proof (Z.div_mod a m ltac:(lia)).
    pose proof (Z.div_mod b m ltac:(lia)). lia.
  Qed.

  Lemma common_divides : exists e t, step p = common * e /\ divisor p = common * t /\ 1 <= common /\ 1 <= t
    /\ step p / common = e /\ tap_step = t.
  Proof.
    destruct (Z.gcd_divide_l (step p) (divisor p)) as [e He], (Z.gcd_divide_r (step p) (divisor p)) as [t Ht].
    pose proof (Z.gcd_nonneg (step p) (divisor p)) as Hnonneg. unfold tap_step. fold common in *.
    assert (Hcommon : 1 <= common) by (destruct (Z.eq_dec common 0) as [E | E]; [rewrite E in Ht |]; lia).
    exists e, t. repeat split; [lia | lia | lia | nia | |].
    - rewrite He. apply Z.div_mul. lia.
    - rewrite Ht. apply Z.div_mul. lia.
  Qed.

  (* The taps that divide are those that solve  step*k = residue  modulo the divisor ... *)
  Lemma divides_iff_residue result k :
    (divisor p | multiplier p * result + sign p * (step p * k - offset p))
    <-> (divisor p | step p * k - residue (result mod divisor p)).
  Proof.
    unfold residue. set (phase := result mod divisor p).
    pose proof (Z.div_mod result (divisor p) ltac:(lia)) as Hresult. fold phase in Hresult.
    pose proof (Z.div_mod (offset p - sign p * multiplier p * phase) (divisor p) ltac:(lia)) as Hresidue.
    set (r := (offset p - sign p * multiplier p * phase) mod divisor p) in *.
    set (q := (offset p - sign p * multiplier p * phase) / divisor p) in *.
    set (m := result / divisor p) in *.
    assert (Hsign : sign p * sign p = 1) by (destruct sign_is_unit as [-> | ->]; reflexivity).
    assert (Hmultiple : multiplier p * result + sign p * (step p * k - offset p)
                        = sign p * (step p * k - r) + divisor p * (multiplier p * m - sign p * q)) by nia.
    rewrite Hmultiple. split; intros [z Hz].
    - exists (sign p * (z - (multiplier p * m - sign p * q))). nia.
    - exists (sign p * z + (multiplier p * m - sign p * q)). nia.
  Qed.

  (* ... of which there are none unless `common` divides the residue ... *)
  Lemma no_solution_unless_common phase k :
    (divisor p | step p * k - residue phase) -> residue phase mod common = 0.
  Proof.
    destruct common_divides as (e & t & He & Ht & Hcommon & _). intros [z Hz].
    apply Z.mod_divide; [lia |]. exists (e * k - t * z). nia.
  Qed.

  (* ... and otherwise they are first_tap, first_tap + tap_step, first_tap + 2*tap_step, ... *)
  Lemma solutions_are_apart phase k : residue phase mod common = 0 ->
    (divisor p | step p * k - residue phase) <-> (tap_step | k - first_tap phase).
  Proof.
    destruct common_divides as (e & t & He & Ht & Hcommon & Htpos & He' & Ht').
    intros Hresidue. apply Z.mod_divide in Hresidue; [| lia]. destruct Hresidue as [r Hr].
    pose proof inverse_is_inverse as Hinverse. unfold is_inverse in Hinverse. rewrite He', Ht' in Hinverse.
    apply equal_modulo in Hinverse; [| lia]. destruct Hinverse as [c Hc].
    unfold first_tap. rewrite Hr at 2. rewrite Z.div_mul, Ht' by lia.
    pose proof (Z.div_mod (r * inverse) t ltac:(lia)) as Hfirst.
    set (first := (r * inverse) mod t) in *. set (q := (r * inverse) / t) in *.
    rewrite Hr, He, Ht. split; intros [z Hz].
    - exists (z * inverse + q - k * c).
      assert (Hz' : e * k - r = t * z) by (apply (Z.mul_reg_l _ _ common); lia).
      apply (f_equal (fun v => v * inverse)) in Hz'. apply (f_equal (fun v => k * v)) in Hc. lia.
    - exists (r * c + e * (z - q)). assert (Hk : k = r * inverse - t * q + z * t) by lia. rewrite Hk.
      apply (f_equal (fun v => common * r * v)) in Hc. lia.
  Qed.

  (* How many taps a phase has. *)
  Lemma phase_taps_spec phase j : residue phase mod common = 0 ->
    0 <= j < phase_taps phase <-> 0 <= j /\ phase_tap phase j < filter p.
  Proof.
    destruct common_divides as (e & t & _ & _ & _ & Htpos & _ & Ht'). intros Hresidue.
    unfold phase_taps, phase_tap. rewrite (proj2 (Z.eqb_eq _ _) Hresidue), Ht'.
    destruct (Z.ltb_spec (first_tap phase) (filter p)) as [Hsome | Hnone]; [| nia].
    pose proof (Z.div_mod (filter p - 1 - first_tap phase) t ltac:(lia)).
    pose proof (Z.mod_pos_bound (filter p - 1 - first_tap phase) t ltac:(lia)). nia.
  Qed.

  (* The source of a tap of a phase, found by addition, is what the division would find. *)
  Lemma phase_source_spec result j : residue (result mod divisor p) mod common = 0 ->
    multiplier p * result + sign p * (step p * phase_tap (result mod divisor p) j - offset p)
    = phase_source (result mod divisor p) (result / divisor p) j * divisor p.
  Proof.
    set (phase := result mod divisor p). set (m := result / divisor p). intros Hresidue.
    destruct common_divides as (e & t & He & Ht & Hcommon & Htpos & He' & Ht').
    pose proof (Z.div_mod result (divisor p) ltac:(lia)) as Hresult. fold phase m in Hresult.
    assert (Hphase : phase mod divisor p = phase) by (apply Z.mod_mod; lia).
    (* the division of first_source is exact *)
    assert (Hfirst : (divisor p | step p * first_tap phase - residue phase))
      by (apply solutions_are_apart; [assumption |]; rewrite Z.sub_diag; apply Z.divide_0_r).
    rewrite <- Hphase in Hfirst at 2. apply divides_iff_residue in Hfirst. destruct Hfirst as [z Hz].
    unfold phase_source, first_source, phase_tap. rewrite Hz, Z.quot_mul, He', Ht' by lia.
    assert (Hstep : step p * t = e * divisor p) by (rewrite He, Ht; ring).
    rewrite Hresult at 1. apply (f_equal (fun v => sign p * j * v)) in Hstep. lia.
  Qed.

  (* ---- The phases give the same sum ------------------------------------------------------------------ *)

  Lemma quotient_of_multiple source size :
    quotient_within (source * divisor p) (divisor p) size = if inside size source then Some source else None.
  Proof.
    destruct (inside size source) eqn:E.
    - apply quotient_within_spec; [assumption |]. apply inside_spec in E. lia.
    - destruct (quotient_within _ _ _) as [j |] eqn:Ej; [exfalso | reflexivity].
      apply quotient_within_spec in Ej; [| assumption]. destruct Ej as [Hj Hsource].
      replace source with j in E by nia. apply inside_spec in Hj. congruence.
  Qed.

  Lemma phase_is_division {R} `{Monoid R} result (F : Z -> Z -> R) :
    polyphase_at result F = dividing_at result F.
  Proof.
    unfold polyphase_at, dividing_at. cbv zeta. set (phase := result mod divisor p). symmetry.
    destruct common_divides as (e & t & _ & _ & _ & Htpos & _ & Ht').
    assert (Htap : forall j, phase_tap phase j = first_tap phase + t * j)
      by (intros; unfold phase_tap; now rewrite Ht').
    assert (Hfirst : 0 <= first_tap phase < t) by (unfold first_tap; rewrite Ht'; apply Z.mod_pos_bound; lia).
    assert (Hback : forall j, (phase_tap phase j - first_tap phase) / t = j).
    { intros j. rewrite Htap. replace (first_tap phase + t * j - first_tap phase) with (j * t) by ring.
      apply Z.div_mul. lia. }
    (* A tap k whose division succeeds is tap j of the phase, for some j. *)
    assert (Hvisited : forall k source, 0 <= k < filter p ->
        quotient_within (multiplier p * result + sign p * (step p * k - offset p)) (divisor p) (sources p)
          = Some source ->
        residue phase mod common = 0 /\ exists j, 0 <= j /\ k = phase_tap phase j).
    { intros k source Hk Hsource. apply quotient_within_spec in Hsource; [| assumption].
      assert (Hdivides : (divisor p | step p * k - residue phase)).
      { apply divides_iff_residue. exists source. lia. }
      pose proof (no_solution_unless_common _ _ Hdivides) as Hresidue. split; [assumption |].
      apply solutions_are_apart in Hdivides; [| assumption]. rewrite Ht' in Hdivides.
      destruct Hdivides as [j Hj]. exists j. rewrite Htap. split; nia. }
    destruct (Z.eq_dec (residue phase mod common) 0) as [Hresidue | Hresidue].
    - rewrite (sum_reindex _ (phase_taps phase) (phase_tap phase) (fun k => (k - first_tap phase) / t)).
      + apply sum_ext. intros j _. rewrite phase_source_spec by assumption. fold phase.
        rewrite quotient_of_multiple. now destruct (inside _ _).
      + intros j Hj. apply phase_taps_spec in Hj; [| assumption]. split; [| apply Hback].
        rewrite Htap in *. nia.
      + intros k Hk. destruct (quotient_within _ _ _) as [source |] eqn:E; [left | now right].
        destruct (Hvisited k source Hk E) as [_ (j & Hj & ->)]. rewrite Hback.
        split; [apply phase_taps_spec |]; try assumption; [split | reflexivity]; lia.
    - replace (phase_taps phase) with 0 by (unfold phase_taps; now rewrite (proj2 (Z.eqb_neq _ _) Hresidue)).
      rewrite (sum_empty 0) by lia. apply sum_zero. intros k Hk.
      destruct (quotient_within _ _ _) as [source |] eqn:E; [exfalso | reflexivity].
      now destruct (Hvisited k source Hk E).
  Qed.
End Phases.

(* The inverse that a phase needs exists (Bezout), so the hypothesis of the theorems below can be met. *)
Theorem inverse_exists p : 1 <= divisor p -> exists inverse, is_inverse p inverse.
Proof.
  intros Hdivisor. destruct (common_divides p Hdivisor) as (e & t & He & Ht & Hcommon & Htpos & He' & Ht').
  unfold is_inverse. rewrite He', Ht'.
  destruct (Zis_gcd_bezout _ _ _ (Zgcd_is_gcd (step p) (divisor p))) as [u v Huv]. fold (common p) in Huv.
  exists u. assert (E : e * u = 1 + (- v) * t) by (apply (Z.mul_reg_l _ _ (common p)); lia).
  rewrite E. apply Z.mod_add. lia.
Qed.

Section SameSum.
  Context {R : Type} `{Monoid R}.

  (* The loops over the phases, and over the results phase, phase + d, phase + 2*d, ... of each, visit
     every result once. *)
  Theorem phases_visit_the_results n d (f : Z -> R) : 1 <= d ->
    sum result < n, f result
    = sum phase < Z.min d n, sum m < (n - 1 - phase) / d + 1, f (phase + d * m).
  Proof.
    intros Hd. set (results := fun phase => (n - 1 - phase) / d + 1).
    assert (Hresults : forall phase m, m < results phase <-> phase + d * m < n).
    { intros phase m. unfold results. pose proof (Z.div_mod (n - 1 - phase) d ltac:(lia)).
      pose proof (Z.mod_pos_bound (n - 1 - phase) d ltac:(lia)). split; nia. }
    transitivity (sum result < n, sum phase < Z.min d n, sum m < results phase,
                    when (result =? phase + d * m) (f result)).
    - apply sum_ext. intros result Hresult. symmetry.
      pose proof (Z.div_mod result d ltac:(lia)). pose proof (Z.mod_pos_bound result d ltac:(lia)).
      assert (0 <= result / d) by (apply Z.div_pos; lia).
      rewrite (sum_only _ _ (result mod d)); [rewrite (sum_only _ _ (result / d)) | |].
      + now rewrite (proj2 (Z.eqb_eq _ _)) by lia.
      + rewrite Hresults. lia.
      + intros m _ Hne. destruct (Z.eqb_spec result (result mod d + d * m)); [exfalso; nia | reflexivity].
      + nia.
      + intros phase Hphase Hne. apply sum_zero. intros m _.
        destruct (Z.eqb_spec result (phase + d * m)); [exfalso | reflexivity].
        apply Hne. apply Z.mod_unique with m; lia.
    - rewrite sum_swap. apply sum_ext. intros phase Hphase. rewrite sum_swap. apply sum_ext. intros m Hm.
      fold (results phase) in Hm. pose proof (Hresults phase m).
      rewrite (sum_only _ _ (phase + d * m)).
      + now rewrite Z.eqb_refl.
      + nia.
      + intros result _ Hne. now rewrite (proj2 (Z.eqb_neq _ _) Hne).
  Qed.

  (* The transposed convolution by phases: image pixel i collects what dividing by the stride would
     give it. *)
  Theorem phases_visit_the_taps_of_an_image_pixel a inverse i (F : Z -> Z -> R) :
    1 <= down a -> is_inverse (conv_transpose_problem a) inverse ->
    polyphase_at (conv_transpose_problem a) inverse i F = sum k < taps a, (given o := code_at a i k, F o k).
  Proof.
    intros Hdown Hinverse. rewrite phase_is_division; [| assumption | now right | assumption].
    unfold dividing_at, code_at.
    cbn [conv_transpose_problem divisor multiplier sign step offset filter sources].
    apply sum_ext. intros k _.
    replace (up a * i + -1 * (dilation a * k - pad a)) with (up a * i - dilation a * k + pad a) by ring.
    reflexivity.
  Qed.

  (* The convolution by phases, where up > 1 makes it divide: code pixel o collects what dividing would
     give it. *)
  Theorem phases_visit_the_taps_of_a_code_pixel a inverse o (F : Z -> Z -> R) :
    1 <= up a -> is_inverse (conv_problem a) inverse ->
    polyphase_at (conv_problem a) inverse o F = sum k < taps a, (given i := image_at a o k, F i k).
  Proof.
    intros Hup Hinverse. rewrite phase_is_division; [| assumption | now left | assumption].
    unfold dividing_at, image_at.
    cbn [conv_problem divisor multiplier sign step offset filter sources].
    apply sum_ext. intros k _.
    replace (down a * o + 1 * (dilation a * k - pad a)) with (down a * o + dilation a * k - pad a) by ring.
    reflexivity.
  Qed.
End SameSum.
