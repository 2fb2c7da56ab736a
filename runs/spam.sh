#!/usr/bin/env bash
# Rebuilds the bundled model `spam` from the SMS Spam Collection, and measures it. About a minute on 2 cores.
#     TEXTCNN_CORPORA=../shared/corpora runs/spam.sh
set -euo pipefail
cd "$(dirname "$0")/.."
corpora=${TEXTCNN_CORPORA:-../shared/corpora}

.venv/bin/textcnn train "$corpora/sms_spam/SMSSpamCollection" \
    --out textcnn/pretrained/spam --replace --seed 10 \
    --set test_share=0.2 \
    --source "SMS Spam Collection v.1 (Almeida, Gómez Hidalgo and Yamakami 2011; UCI Machine Learning Repository), CC BY 4.0. English, from Singapore and the United Kingdom, before 2011."

.venv/bin/python -m benchmarks bundled
