(* Bilinear algorithms: a map computed with fewer multiplications than it has taps, and why the same matrices
   give its transpose with as many.

   The taps of a map are an array T of three indices: code pixel i, tap j and image pixel p. An algorithm is
   three matrices. It transforms filter and image, multiplies them number by number, and transforms the
   products back:

       scale * result  =  code^T ( (filter w) . (image x) ).

   It is right, for all w and x, exactly where one identity holds, in which the three matrices play the same
   part. So exchanging them gives right algorithms for the other two maps: the transposition principle. The
   lecture's sentence is the same: one trilinear form, grouped three ways.

   Everything below holds in any commutative semiring and for any three matrices. ToomCook.v has numbers. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From fsconv Require Export Transpose.

(* ---- Definitions, after engine/bilinear.hpp ---------------------------------------------------------- *)

(* code is [products x results], filter [products x filter_taps], image [products x pixels]. *)
Record Bilinear (R : Type) := {
  results : Z; filter_taps : Z; pixels : Z; products : Z;
  code : Z -> Z -> R; filter : Z -> Z -> R; image : Z -> Z -> R;
  scale : R
}.
Arguments results {R}. Arguments filter_taps {R}. Arguments pixels {R}. Arguments products {R}.
Arguments code {R}. Arguments filter {R}. Arguments image {R}. Arguments scale {R}.

Section Bilinear.
  Context {R : Type} `{Semiring R}.
  Add Ring values : (semiring_laws (R := R)).
  Implicit Types (b : Bilinear R) (T : Z -> Z -> Z -> R) (w x y : Z -> R).

  (* The identity: the tap relation, written with one term for each product. *)
  Definition exact b T : Prop := forall i j p,
    0 <= i < results b -> 0 <= j < filter_taps b -> 0 <= p < pixels b ->
    sum t < products b, code b t i [*] filter b t j [*] image b t p = scale b [*] T i j p.

  (* A matrix of so many columns times an array, and its transpose, of so many rows. *)
  Definition times (columns : Z) (M : Z -> Z -> R) (v : Z -> R) (t : Z) : R :=
    sum c < columns, M t c [*] v c.
  Definition transposed_times (rows : Z) (M : Z -> Z -> R) (u : Z -> R) (c : Z) : R :=
    sum t < rows, M t c [*] u t.
  Definition multiplied (u v : Z -> R) (t : Z) : R := u t [*] v t.

  (* What an algorithm computes. Multiplications are where two transformed arrays meet, so there are
     `products` of them. *)
  Definition fast_conv b w x : Z -> R :=
    transposed_times (products b) (code b)
      (multiplied (times (filter_taps b) (filter b) w) (times (pixels b) (image b) x)).
  Definition fast_conv_transpose b w y : Z -> R :=
    transposed_times (products b) (image b)
      (multiplied (times (filter_taps b) (filter b) w) (times (results b) (code b) y)).
  Definition fast_weight_gradient b y x : Z -> R :=
    transposed_times (products b) (filter b)
      (multiplied (times (results b) (code b) y) (times (pixels b) (image b) x)).

  (* What it should compute: for each number of the result, the sum over the taps that it has. *)
  Definition right_for_conv b T : Prop := forall w x i, 0 <= i < results b ->
    scale b [*] (sum j < filter_taps b, sum p < pixels b, T i j p [*] (w j [*] x p)) = fast_conv b w x i.
  Definition right_for_conv_transpose b T : Prop := forall w y p, 0 <= p < pixels b ->
    scale b [*] (sum j < filter_taps b, sum i < results b, T i j p [*] (w j [*] y i))
    = fast_conv_transpose b w y p.
  Definition right_for_weight_gradient b T : Prop := forall y x j, 0 <= j < filter_taps b ->
    scale b [*] (sum i < results b, sum p < pixels b, T i j p [*] (y i [*] x p))
    = fast_weight_gradient b y x j.

  (* The names exchanged: code and image, or code and filter. *)
  Definition for_image b : Bilinear R :=
    {| results := pixels b; filter_taps := filter_taps b; pixels := results b; products := products b;
       code := image b; filter := filter b; image := code b; scale := scale b |}.
  Definition for_filter b : Bilinear R :=
    {| results := filter_taps b; filter_taps := results b; pixels := pixels b; products := products b;
       code := filter b; filter := code b; image := image b; scale := scale b |}.

  (* ---- The identity is the correctness --------------------------------------------------------------- *)

  Theorem exact_is_right_for_conv b T : exact b T <-> right_for_conv b T.
  Proof.
    split.
    - intros Hexact w x i Hi. symmetry. unfold fast_conv, transposed_times, multiplied, times.
      transitivity (sum t < products b, sum j < filter_taps b, sum p < pixels b,
                      ((code b t i [*] filter b t j [*] image b t p) [*] (w j [*] x p))).
      { apply sum_ext. intros t _.
        transitivity (sum j < filter_taps b,
                        (code b t i [*] (filter b t j [*] w j)) [*] (sum p < pixels b, image b t p [*] x p)).
        - transitivity ((code b t i [*] (sum p < pixels b, image b t p [*] x p))
                        [*] (sum j < filter_taps b, filter b t j [*] w j)); [ring |].
          rewrite mul_sum. apply sum_ext. intros j _. ring.
        - apply sum_ext. intros j _. rewrite mul_sum. apply sum_ext. intros p _. ring. }
      rewrite sum_swap, mul_sum. apply sum_ext. intros j Hj.
      rewrite sum_swap, mul_sum. apply sum_ext. intros p Hp.
      transitivity ((w j [*] x p) [*] (sum t < products b, code b t i [*] filter b t j [*] image b t p)).
      + rewrite mul_sum. apply sum_ext. intros t _. ring.
      + rewrite Hexact by assumption. ring.
    - (* Arrays with a single one take the identity out of the map. *)
      intros Hright i j p Hi Hj Hp. specialize (Hright (spike j one) (spike p one) i Hi).
      assert (Hunit : forall n c (f : Z -> R), 0 <= c < n -> sum d < n, f d [*] spike c one d = f c).
      { intros n c f Hc. unfold spike. rewrite (sum_only n _ c Hc).
        - rewrite Z.eqb_refl. cbn [when]. ring.
        - intros d _ Hne. rewrite (proj2 (Z.eqb_neq d c) Hne). cbn [when]. ring. }
      unfold fast_conv, transposed_times, multiplied, times in Hright.
      transitivity (sum t < products b, code b t i
                      [*] ((sum c < filter_taps b, filter b t c [*] spike j one c)
                           [*] (sum c < pixels b, image b t c [*] spike p one c))).
      { apply sum_ext. intros t _. rewrite !Hunit by assumption. ring. }
      rewrite <- Hright. f_equal.
      transitivity (sum j' < filter_taps b, (sum p' < pixels b, T i j' p' [*] spike p one p') [*] spike j one j').
      + apply sum_ext. intros j' _.
        transitivity (spike j one j' [*] (sum p' < pixels b, T i j' p' [*] spike p one p')); [| ring].
        rewrite mul_sum. apply sum_ext. intros p' _. ring.
      + rewrite (Hunit _ _ (fun j' => sum p' < pixels b, T i j' p' [*] spike p one p')) by assumption.
        now apply (Hunit _ _ (fun p' => T i j p')).
  Qed.

  (* ---- The transposition principle ------------------------------------------------------------------- *)

  (* The identity does not mind which matrix is called code. *)
  Theorem exact_for_image b T : exact b T <-> exact (for_image b) (fun p j i => T i j p).
  Proof.
    split; intros Hexact i j p Hi Hj Hp; cbn [for_image results filter_taps pixels] in *;
      specialize (Hexact p j i Hp Hj Hi); cbn [for_image products code filter image scale] in *;
      rewrite <- Hexact; apply sum_ext; intros t _; ring.
  Qed.

  Theorem exact_for_filter b T : exact b T <-> exact (for_filter b) (fun j i p => T i j p).
  Proof.
    split; intros Hexact i j p Hi Hj Hp; cbn [for_filter results filter_taps pixels] in *;
      specialize (Hexact j i p Hj Hi Hp); cbn [for_filter products code filter image scale] in *;
      rewrite <- Hexact; apply sum_ext; intros t _; ring.
  Qed.

  Theorem exact_is_right_for_conv_transpose b T : exact b T <-> right_for_conv_transpose b T.
  Proof. rewrite exact_for_image. apply (exact_is_right_for_conv (for_image b)). Qed.

  Theorem exact_is_right_for_weight_gradient b T : exact b T <-> right_for_weight_gradient b T.
  Proof. rewrite exact_for_filter. apply (exact_is_right_for_conv (for_filter b)). Qed.

  (* A right algorithm for one map gives right ones, with as many products, for its transpose and for the
     gradient of the filter. *)
  Theorem transposition_principle b T : right_for_conv b T ->
    right_for_conv (for_image b) (fun p j i => T i j p) /\ products (for_image b) = products b
    /\ right_for_conv (for_filter b) (fun j i p => T i j p) /\ products (for_filter b) = products b.
  Proof.
    intros Hright. apply exact_is_right_for_conv in Hright. repeat split.
    - apply exact_is_right_for_conv. now apply -> exact_for_image.
    - apply exact_is_right_for_conv. now apply -> exact_for_filter.
  Qed.

  (* Whoever has tested one of the three maps for all arguments has tested the others. *)
  Theorem one_map_right_is_all_right b T :
    (right_for_conv b T <-> right_for_conv_transpose b T)
    /\ (right_for_conv b T <-> right_for_weight_gradient b T).
  Proof.
    rewrite <- exact_is_right_for_conv, <- exact_is_right_for_conv_transpose,
            <- exact_is_right_for_weight_gradient. tauto.
  Qed.

  (* ---- An axis --------------------------------------------------------------------------------------- *)

  (* The taps of an axis as an array of zeros and ones: the equation. *)
  Definition taps_of (a : Axis) (o k i : Z) : R := when (joined a o i k) one.

  Definition fits b (a : Axis) : Prop := results b = out a /\ filter_taps b = taps a /\ pixels b = in_ a.

  Lemma one_times condition (v : R) : when condition one [*] v = when condition v.
  Proof. destruct condition; cbn [when]; ring. Qed.

  (* An algorithm whose identity is the equation of an axis computes the three maps of that axis. *)
  Theorem exact_for_axis b a : fits b a -> exact b (taps_of a) -> 1 <= up a -> 1 <= down a ->
    (forall w x o, 0 <= o < out a -> scale b [*] conv a w x o = fast_conv b w x o)
    /\ (forall w y i, 0 <= i < in_ a -> scale b [*] conv_transpose a w y i = fast_conv_transpose b w y i)
    /\ (forall y x k, 0 <= k < taps a -> scale b [*] weight_gradient a y x k = fast_weight_gradient b y x k).
  Proof.
    intros [Hresults [Htaps Hpixels]] Hexact Hup Hdown. repeat split.
    - intros w x o Ho. rewrite <- (proj1 (exact_is_right_for_conv b _) Hexact) by lia. f_equal.
      rewrite Htaps, Hpixels. unfold conv.
      rewrite (code_pixel_part a o (fun i k => w k [*] x i)), sum_swap by assumption.
      apply sum_ext. intros k _. apply sum_ext. intros i _. symmetry. apply one_times.
    - intros w y i Hi. rewrite <- (proj1 (exact_is_right_for_conv_transpose b _) Hexact) by lia. f_equal.
      rewrite Htaps, Hresults. unfold conv_transpose.
      rewrite (image_pixel_part a i (fun o k => w k [*] y o)), sum_swap by assumption.
      apply sum_ext. intros k _. apply sum_ext. intros o _. symmetry. apply one_times.
    - intros y x k Hk. rewrite <- (proj1 (exact_is_right_for_weight_gradient b _) Hexact) by lia. f_equal.
      rewrite Hresults, Hpixels. apply sum_ext. intros o _. symmetry.
      rewrite <- (sum_found (in_ a) (fun i => joined a o i k) (image_at a o k) (fun i => y o [*] x i))
        by (apply image_at_spec, Hup).
      apply sum_ext. intros i _. apply one_times.
  Qed.

  (* ---- Tiles ----------------------------------------------------------------------------------------- *)

  (* A small algorithm put into a larger map: its index c stands for index `at c` of the map, or for nothing,
     where the map ends. Nothing needs a case: what is absent has a column of zeros. *)
  Definition is_at (place : option Z) (c : Z) : bool :=
    match place with Some d => d =? c | None => false end.
  Definition moved (columns : Z) (M : Z -> Z -> R) (place : Z -> option Z) (t c : Z) : R :=
    sum d < columns, when (is_at (place d) c) (M t d).
  Definition placed (o k i : Z) (o_at k_at i_at : Z -> option Z) b : Bilinear R :=
    {| results := o; filter_taps := k; pixels := i; products := products b;
       code := moved (results b) (code b) o_at; filter := moved (filter_taps b) (filter b) k_at;
       image := moved (pixels b) (image b) i_at; scale := scale b |}.

  (* Where its taps go. *)
  Definition placed_taps (o_at k_at i_at : Z -> option Z) b T (o k i : Z) : R :=
    sum c < results b, sum d < filter_taps b, sum e < pixels b,
      when (is_at (o_at c) o && is_at (k_at d) k && is_at (i_at e) i) (T c d e).

  Lemma product_of_sums n m (f g : Z -> R) :
    (sum c < n, f c) [*] (sum d < m, g d) = sum c < n, sum d < m, (f c [*] g d).
  Proof.
    rewrite mul_comm, mul_sum. apply sum_ext. intros c _. rewrite mul_comm. apply mul_sum.
  Qed.

  Theorem placed_is_exact o k i o_at k_at i_at b T : exact b T ->
    exact (placed o k i o_at k_at i_at b) (placed_taps o_at k_at i_at b T).
  Proof.
    intros Hexact i' j' p' _ _ _. cbn [placed products code filter image scale]. unfold placed_taps, moved.
    transitivity (sum t < products b, sum c < results b, sum d < filter_taps b, sum e < pixels b,
                    when (is_at (o_at c) i' && is_at (k_at d) j' && is_at (i_at e) p')
                      (code b t c [*] filter b t d [*] image b t e)).
    { apply sum_ext. intros t _. rewrite product_of_sums, mul_comm, mul_sum. apply sum_ext. intros c _.
      rewrite mul_comm, product_of_sums. apply sum_ext. intros d _. apply sum_ext. intros e _.
      destruct (is_at (o_at c) i'), (is_at (k_at d) j'), (is_at (i_at e) p'); cbn [andb when]; ring. }
    rewrite sum_swap, mul_sum. apply sum_ext. intros c Hc.
    rewrite sum_swap, mul_sum. apply sum_ext. intros d Hd.
    rewrite sum_swap, mul_sum. apply sum_ext. intros e He.
    rewrite sum_when, mul_when, Hexact by assumption. reflexivity.
  Qed.

  (* Two algorithms of one scale, one after the other: the taps of both, and the products of both. *)
  Definition either {A} (n t : Z) (f g : Z -> A) : A := if t <? n then f t else g (t - n).
  Definition both (n : Z) (M N : Z -> Z -> R) (t c : Z) : R := either n t (fun t => M t c) (fun t => N t c).
  Definition together b b' : Bilinear R :=
    {| results := results b; filter_taps := filter_taps b; pixels := pixels b;
       products := products b + products b';
       code := both (products b) (code b) (code b'); filter := both (products b) (filter b) (filter b');
       image := both (products b) (image b) (image b'); scale := scale b |}.

  Lemma sum_either n m (f g : Z -> R) : 0 <= n -> 0 <= m ->
    sum t < n + m, either n t f g = (sum t < n, f t) [+] (sum t < m, g t).
  Proof.
    intros Hn. revert m. apply natlike_ind.
    - rewrite Z.add_0_r, (sum_empty 0), add_zero_right by lia. apply sum_ext. intros t Ht. unfold either.
      destruct (Z.ltb_spec t n); [reflexivity | lia].
    - intros m Hm IH. unfold Z.succ. rewrite Z.add_assoc, !sum_step, IH by lia. rewrite <- add_assoc.
      f_equal. f_equal. unfold either. destruct (Z.ltb_spec (n + m) n); [lia |]. f_equal. ring.
  Qed.

  (* So an axis whose every tap is in one tile has an algorithm with as many products as its tiles have. *)
  Theorem together_is_exact b b' T T' : 0 <= products b -> 0 <= products b' -> scale b' = scale b ->
    results b' = results b -> filter_taps b' = filter_taps b -> pixels b' = pixels b ->
    exact b T -> exact b' T' -> exact (together b b') (fun i j p => T i j p [+] T' i j p).
  Proof.
    intros Hn Hn' Hscale Hresults Htaps Hpixels Hexact Hexact' i j p Hi Hj Hp.
    cbn [together results filter_taps pixels products code filter image scale] in *.
    transitivity (sum t < products b + products b',
                    either (products b) t (fun t => code b t i [*] filter b t j [*] image b t p)
                                          (fun t => code b' t i [*] filter b' t j [*] image b' t p)).
    { apply sum_ext. intros t _. unfold both, either. now destruct (t <? products b). }
    rewrite sum_either, Hexact, Hexact', Hscale by lia. ring.
  Qed.

  (* ---- Two axes -------------------------------------------------------------------------------------- *)

  (* Numbers of a plane in rows: index c stands in row c / n and column c mod n. *)
  Definition kronecker (rows columns : Z) (M N : Z -> Z -> R) (t c : Z) : R :=
    M (t / rows) (c / columns) [*] N (t mod rows) (c mod columns).
  Definition along_two_axes b b' : Bilinear R :=
    {| results := results b * results b'; filter_taps := filter_taps b * filter_taps b';
       pixels := pixels b * pixels b'; products := products b * products b';
       code := kronecker (products b') (results b') (code b) (code b');
       filter := kronecker (products b') (filter_taps b') (filter b) (filter b');
       image := kronecker (products b') (pixels b') (image b) (image b');
       scale := scale b [*] scale b' |}.

  (* A tap of two axes is a tap of each. *)
  Definition taps_of_two b' T T' (i j p : Z) : R :=
    T (i / results b') (j / filter_taps b') (p / pixels b')
    [*] T' (i mod results b') (j mod filter_taps b') (p mod pixels b').

  Lemma sum_rows n m (f : Z -> Z -> R) : 0 <= m ->
    sum t < n * m, f (t / m) (t mod m) = sum c < n, sum d < m, f c d.
  Proof.
    intros Hm. destruct (Z.eq_dec m 0) as [-> | Hne].
    - rewrite Z.mul_0_r, sum_empty by lia. symmetry. apply sum_zero. intros. now apply sum_empty.
    - induction n as [n Hn | n Hn IH] using loop_induction; [rewrite !sum_empty by nia; reflexivity |].
      rewrite sum_step, <- IH by lia. replace ((n + 1) * m) with (n * m + m) by ring.
      transitivity (sum t < n * m + m, either (n * m) t (fun t => f (t / m) (t mod m)) (fun t => f n t)).
      + apply sum_ext. intros t Ht. unfold either. destruct (Z.ltb_spec t (n * m)); [reflexivity |].
        rewrite <- (Z.div_unique_pos t m n (t - n * m)) by lia.
        now rewrite <- (Z.mod_unique_pos t m n (t - n * m)) by lia.
      + apply sum_either; nia.
  Qed.

  Theorem two_axes_are_exact b b' T T' :
    0 <= results b' -> 0 <= filter_taps b' -> 0 <= pixels b' -> 0 <= products b' ->
    exact b T -> exact b' T' -> exact (along_two_axes b b') (taps_of_two b' T T').
  Proof.
    intros Hresults Htaps Hpixels Hproducts Hexact Hexact' i j p Hi Hj Hp.
    assert (Hparts : forall n m c, 0 <= m -> 0 <= c < n * m -> 0 <= c / m < n /\ 0 <= c mod m < m).
    { intros n m c Hm Hc. assert (m <> 0) by (intros ->; lia). split; [| apply Z.mod_pos_bound; lia].
      split; [apply Z.div_pos; lia | apply Z.div_lt_upper_bound; lia]. }
    cbn [along_two_axes results filter_taps pixels products code filter image scale] in *.
    destruct (Hparts _ _ _ Hresults Hi), (Hparts _ _ _ Htaps Hj), (Hparts _ _ _ Hpixels Hp).
    unfold kronecker, taps_of_two.
    rewrite (sum_rows (products b) (products b')
               (fun t t' => code b t (i / results b') [*] code b' t' (i mod results b')
                            [*] (filter b t (j / filter_taps b') [*] filter b' t' (j mod filter_taps b'))
                            [*] (image b t (p / pixels b') [*] image b' t' (p mod pixels b')))) by assumption.
    transitivity ((scale b [*] T (i / results b') (j / filter_taps b') (p / pixels b'))
                  [*] (scale b' [*] T' (i mod results b') (j mod filter_taps b') (p mod pixels b'))); [| ring].
    rewrite <- Hexact, <- Hexact', product_of_sums by assumption.
    apply sum_ext. intros t _. apply sum_ext. intros t' _. ring.
  Qed.
End Bilinear.
