(* A whole layer: batch, channels, groups and any number of axes.

   What the program runs is this. The three maps of a layer, each with its own loops, are the three
   derivatives of one trilinear form; so the transposed convolution is the adjoint of the convolution,
   whatever the number of axes, the strides, the paddings and the grouping of channels. An autoencoder
   whose decoder shares the encoder's weights rests on it, and so does every backward pass. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From fsconv Require Export Axes.

(* geometry.hpp Geometry. *)
Record Geometry := { axes : list Axis; in_channels : Z; out_channels : Z; groups : Z }.

Definition in_per_group (g : Geometry) : Z := in_channels g / groups g.
Definition out_per_group (g : Geometry) : Z := out_channels g / groups g.

(* Which image channels a code channel sees. *)
Definition same_group (g : Geometry) (co ci : Z) : bool := co / out_per_group g =? ci / in_per_group g.

(* Geometry::transposed(): every axis transposed, the channels exchanged. *)
Definition transposed_geometry (g : Geometry) : Geometry :=
  {| axes := map transposed (axes g); in_channels := out_channels g; out_channels := in_channels g;
     groups := groups g |}.

Section Layer.
  Context {R : Type} `{Semiring R}.
  Add Ring values : (semiring_laws (R := R)).
  (* x[n, ci, is], y[n, co, os] and w[co, ci, ks]. *)
  Implicit Types (g : Geometry) (w x y : Z -> Z -> list Z -> R).

  (* ---- Definitions, after gather.hpp ----------------------------------------------------------------- *)

  Definition layer_conv g w x (n co : Z) (os : list Z) : R :=
    sum ci < in_channels g, when (same_group g co ci)
      (sums ks < map taps (axes g),
         given is := on_every_axis image_at (axes g) os ks, w co ci ks [*] x n ci is).

  Definition layer_conv_transpose g w y (n ci : Z) (is : list Z) : R :=
    sum co < out_channels g, when (same_group g co ci)
      (sums ks < map taps (axes g),
         given os := on_every_axis code_at (axes g) is ks, w co ci ks [*] y n co os).

  Definition layer_weight_gradient g (batch : Z) y x (co ci : Z) (ks : list Z) : R :=
    sum n < batch, sums os < map out (axes g),
      given is := on_every_axis image_at (axes g) os ks, y n co os [*] x n ci is.

  (* geometry.hpp transposed_weight. *)
  Definition transposed_weight g w : Z -> Z -> list Z -> R := fun ci co ks => w co ci (mirrored (axes g) ks).

  (* The trilinear form, and the inner products of codes, of images and of weights. *)
  Definition layer_L g (batch : Z) y w x : R :=
    sum n < batch, sum co < out_channels g, sum ci < in_channels g, when (same_group g co ci)
      (over_taps_of_axes (axes g) (fun os is ks => y n co os [*] w co ci ks [*] x n ci is)).

  Definition code_pairing g (batch : Z) y y' : R :=
    sum n < batch, sum co < out_channels g, sums os < map out (axes g), y n co os [*] y' n co os.
  Definition image_pairing g (batch : Z) x x' : R :=
    sum n < batch, sum ci < in_channels g, sums is < map in_ (axes g), x n ci is [*] x' n ci is.
  Definition weight_pairing g w w' : R :=
    sum co < out_channels g, sum ci < in_channels g, when (same_group g co ci)
      (sums ks < map taps (axes g), w co ci ks [*] w' co ci ks).

  (* ---- One form, three derivatives ------------------------------------------------------------------- *)

  Lemma mul_sums ns c (f : list Z -> R) : c [*] (sums js < ns, f js) = sums js < ns, (c [*] f js).
  Proof.
    revert f. induction ns as [| n ns IH]; intros f; cbn [box_total]; [reflexivity |].
    rewrite mul_sum. apply sum_ext. intros. apply IH.
  Qed.

  Theorem layer_L_by_code g batch y w x : every (fun a => 1 <= up a) (axes g) ->
    layer_L g batch y w x = code_pairing g batch y (layer_conv g w x).
  Proof.
    intros Hup. apply sum_ext. intros n _. apply sum_ext. intros co _.
    transitivity (sum ci < in_channels g, sums os < map out (axes g), when (same_group g co ci)
      (sums ks < map taps (axes g),
         given is := on_every_axis image_at (axes g) os ks, (y n co os [*] w co ci ks [*] x n ci is))).
    - apply sum_ext. intros ci _. rewrite sums_when. now rewrite <- code_positions_visit_the_taps.
    - rewrite sum_sums_swap. apply sums_ext. intros os. unfold layer_conv. rewrite mul_sum.
      apply sum_ext. intros ci _. rewrite mul_when, mul_sums. f_equal. apply sums_ext. intros ks.
      rewrite mul_given. destruct (on_every_axis image_at (axes g) os ks); cbn [if_found]; ring.
  Qed.

  Theorem layer_L_by_image g batch y w x : every (fun a => 1 <= down a) (axes g) ->
    layer_L g batch y w x = image_pairing g batch x (layer_conv_transpose g w y).
  Proof.
    intros Hdown. apply sum_ext. intros n _. rewrite sum_swap. apply sum_ext. intros ci _.
    transitivity (sum co < out_channels g, sums is < map in_ (axes g), when (same_group g co ci)
      (sums ks < map taps (axes g),
         given os := on_every_axis code_at (axes g) is ks, (y n co os [*] w co ci ks [*] x n ci is))).
    - apply sum_ext. intros co _. rewrite sums_when. now rewrite <- image_positions_visit_the_taps.
    - rewrite sum_sums_swap. apply sums_ext. intros is. unfold layer_conv_transpose. rewrite mul_sum.
      apply sum_ext. intros co _. rewrite mul_when, mul_sums. f_equal. apply sums_ext. intros ks.
      rewrite mul_given. destruct (on_every_axis code_at (axes g) is ks); cbn [if_found]; ring.
  Qed.

  Theorem layer_L_by_weight g batch y w x : every (fun a => 1 <= up a) (axes g) ->
    layer_L g batch y w x = weight_pairing g w (layer_weight_gradient g batch y x).
  Proof.
    intros Hup. unfold layer_L. rewrite sum_swap. apply sum_ext. intros co _. rewrite sum_swap. apply sum_ext.
    intros ci _. rewrite sum_when. f_equal. unfold layer_weight_gradient.
    transitivity (sum n < batch, sums ks < map taps (axes g), sums os < map out (axes g),
      given is := on_every_axis image_at (axes g) os ks, (y n co os [*] w co ci ks [*] x n ci is)).
    - apply sum_ext. intros n _. now rewrite <- tap_positions_visit_the_taps.
    - rewrite sum_sums_swap. apply sums_ext. intros ks. rewrite mul_sum. apply sum_ext. intros n _.
      rewrite mul_sums. apply sums_ext. intros os. rewrite mul_given.
      destruct (on_every_axis image_at (axes g) os ks); cbn [if_found]; ring.
  Qed.

  (* <y, conv(w, x)> = <x, conv_transpose(w, y)> = <w, weight_gradient(y, x)>. *)
  Theorem layer_adjoint g batch y w x :
    every (fun a => 1 <= up a) (axes g) -> every (fun a => 1 <= down a) (axes g) ->
    code_pairing g batch y (layer_conv g w x) = image_pairing g batch x (layer_conv_transpose g w y)
    /\ image_pairing g batch x (layer_conv_transpose g w y)
       = weight_pairing g w (layer_weight_gradient g batch y x).
  Proof.
    intros. rewrite <- layer_L_by_code, <- layer_L_by_image, <- layer_L_by_weight by assumption. now split.
  Qed.

  (* ---- The transpose is a convolution ---------------------------------------------------------------- *)

  (* The layer's transposed convolution is the convolution of the transposed geometry with the transposed
     weight. *)
  Theorem layer_conv_of_transposed g w y n ci is :
    layer_conv (transposed_geometry g) (transposed_weight g w) y n ci is = layer_conv_transpose g w y n ci is.
  Proof.
    apply sum_ext. intros co _. unfold same_group. rewrite Z.eqb_sym. f_equal.
    change (axes (transposed_geometry g)) with (map transposed (axes g)).
    rewrite map_map. symmetry. rewrite sums_mirrored. apply sums_ext. intros ks.
    now rewrite image_at_transposed_axes.
  Qed.

  (* Transposing twice gives the layer back. *)
  Theorem layer_transposed_twice g : transposed_geometry (transposed_geometry g) = g.
  Proof.
    destruct g as [list_of_axes ci co n]. unfold transposed_geometry.
    cbn [axes in_channels out_channels groups]. f_equal.
    rewrite map_map, <- map_id. apply map_ext. intros a. apply transposed_twice.
  Qed.

  Theorem layer_weight_transposed_twice g w co ci ks :
    transposed_weight (transposed_geometry g) (transposed_weight g w) co ci ks = w co ci ks.
  Proof.
    unfold transposed_weight. f_equal. cbn [transposed_geometry axes].
    revert ks. induction (axes g) as [| a rest IH]; intros [| k ks]; cbn [map mirrored]; try reflexivity.
    rewrite IH. f_equal. cbn. ring.
  Qed.

  (* ---- Groups ---------------------------------------------------------------------------------------- *)

  (* layout.hpp loops over the channels of a group alone, from first_in_channel on. That is the same
     loop. *)
  Theorem channels_of_a_group g co (f : Z -> R) :
    1 <= in_per_group g -> in_channels g = groups g * in_per_group g ->
    1 <= out_per_group g -> out_channels g = groups g * out_per_group g ->
    0 <= co < out_channels g ->
    sum ci < in_channels g, when (same_group g co ci) (f ci)
    = sum t < in_per_group g, f (co / out_per_group g * in_per_group g + t).
  Proof.
    intros Hin Hin_channels Hout Hout_channels Hco. set (group := co / out_per_group g).
    assert (Hgroup : 0 <= group < groups g).
    { split; [apply Z.div_pos; lia | apply Z.div_lt_upper_bound; [lia |]]. lia. }
    set (first := group * in_per_group g).
    rewrite (sum_reindex _ (in_per_group g) (fun t => first + t) (fun ci => ci - first)).
    - apply sum_ext. intros t Ht. unfold same_group. fold group.
      replace ((first + t) / in_per_group g) with group; [now rewrite Z.eqb_refl |].
      apply Z.div_unique with t; unfold first; lia.
    - intros t Ht. unfold first. nia.
    - intros ci Hci. unfold same_group. fold group.
      destruct (Z.eqb_spec group (ci / in_per_group g)) as [E |]; [left | now right].
      pose proof (Z.div_mod ci (in_per_group g) ltac:(lia)).
      pose proof (Z.mod_pos_bound ci (in_per_group g) ltac:(lia)).
      unfold first. rewrite E. lia.
  Qed.
End Layer.
