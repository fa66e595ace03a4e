"""The selector as a PyTorch module, with the parameter names of a selector's file."""

import torch
from torch import nn

DIM, HIDDEN, GATE, CLUSTERS = 512, 256, 128, 128


class Selector(nn.Module):
    """Image `[b, d]` and text `[b, d]` to logits `[b, K]` and the gate `[b, 1]`."""

    def __init__(self):
        super().__init__()
        self.image_branch = nn.Sequential(nn.Linear(DIM, HIDDEN), nn.ReLU())
        self.text_branch = nn.Sequential(nn.Linear(DIM, HIDDEN), nn.ReLU())
        self.interaction_branch = nn.Linear(DIM, HIDDEN, bias=False)
        self.gate = nn.Sequential(nn.Linear(3 * DIM, GATE), nn.ReLU(), nn.Linear(GATE, 1), nn.Sigmoid())
        self.interaction_scale = nn.Parameter(torch.tensor(0.1))
        self.output = nn.Sequential(nn.LayerNorm(HIDDEN), nn.ReLU(), nn.Dropout(0.1), nn.Linear(HIDDEN, CLUSTERS))

    def forward(self, image, text):
        interaction = image * text
        gate = self.gate(torch.cat([image, text, interaction], dim=1))
        fused = gate * self.image_branch(image) + (1 - gate) * self.text_branch(text)
        fused = fused + self.interaction_scale * self.interaction_branch(interaction)
        return self.output(fused), gate
