# SPDX-License-Identifier: Apache-2.0
"""What a request may say of how a model is served, one module for each subject."""
